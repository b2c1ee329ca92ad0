#include "broker/hooks/proto_codec.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <limits>
#include <utility>

#include "broker/base/close_code.h"
#include "tests/fakes/recording_peer.h"

namespace hookcast::hooks {
namespace {

using ::testing::ElementsAre;
using ::testing::HasSubstr;
using ::testing::Pair;
using ::testing::UnorderedElementsAre;

std::string MessageOf(const absl::Status& status) { return std::string(status.message()); }

v1::Data TextData(const std::string& text) {
  v1::Data data;
  data.set_text(text);
  return data;
}

TEST(ProtoCodecData, KeepsTextAndBinaryApartToTheByte) {
  const auto text = FromProto(TextData("grüße"));
  ASSERT_TRUE(text.ok());
  EXPECT_EQ(text->kind, pubsub::DataKind::kText);
  EXPECT_EQ(text->payload.view(), "grüße");
  EXPECT_FALSE(text->compress);
  EXPECT_EQ(text->event, nullptr);

  v1::Data binary;
  binary.set_binary(std::string("\x00\xff\x80", 3));
  binary.set_compress(true);
  const auto read = FromProto(binary);
  ASSERT_TRUE(read.ok());
  EXPECT_EQ(read->kind, pubsub::DataKind::kBinary);
  EXPECT_EQ(read->payload.view(), std::string_view("\x00\xff\x80", 3));
  EXPECT_TRUE(read->compress);
}

TEST(ProtoCodecData, AnEmptyPayloadIsAMessageLikeAnyOther) {
  const auto text = FromProto(TextData(""));
  ASSERT_TRUE(text.ok());
  EXPECT_EQ(text->kind, pubsub::DataKind::kText);
  EXPECT_TRUE(text->payload.empty());
}

TEST(ProtoCodecData, JsonBecomesCompactText) {
  v1::Data data;
  auto& list = *data.mutable_json()->mutable_struct_value()->mutable_fields();
  auto* values = list["a"].mutable_list_value();
  values->add_values()->set_number_value(1);
  values->add_values()->set_string_value("x \"y\"");
  values->add_values()->set_null_value(google::protobuf::NULL_VALUE);
  const auto read = FromProto(data);
  ASSERT_TRUE(read.ok());
  EXPECT_EQ(read->kind, pubsub::DataKind::kText);
  EXPECT_EQ(read->payload.view(), R"({"a":[1,"x \"y\"",null]})");
}

TEST(ProtoCodecData, RefusesWhatJsonDoesNotHaveAtAnyDepth) {
  v1::Data data;
  data.mutable_json()->set_number_value(std::numeric_limits<double>::infinity());
  EXPECT_THAT(MessageOf(FromProto(data).status()), HasSubstr("infinity"));
  data.mutable_json()->Clear();
  EXPECT_THAT(MessageOf(FromProto(data).status()), HasSubstr("a value of no kind"));

  auto& fields = *data.mutable_json()->mutable_struct_value()->mutable_fields();
  auto* element = fields["a"].mutable_list_value()->add_values();
  EXPECT_THAT(MessageOf(FromProto(data).status()), HasSubstr("a value of no kind"));
  element->set_number_value(std::numeric_limits<double>::quiet_NaN());
  EXPECT_THAT(MessageOf(FromProto(data).status()), HasSubstr("NaN"));
  element->set_number_value(0.5);
  EXPECT_TRUE(FromProto(data).ok());
}

TEST(ProtoCodecData, RefusesDataOfNoKind) {
  const auto read = FromProto(v1::Data());
  EXPECT_EQ(read.status().code(), absl::StatusCode::kInvalidArgument);
  EXPECT_EQ(MessageOf(read.status()), "data has neither text, binary nor json");
}

TEST(ProtoCodecData, CarriesEventFields) {
  v1::Data data = TextData("x");
  data.mutable_event()->set_id("7");
  data.mutable_event()->set_event("tick");
  data.mutable_event()->mutable_retry()->set_seconds(2);
  data.mutable_event()->mutable_retry()->set_nanos(500'000'000);
  const auto read = FromProto(data);
  ASSERT_TRUE(read.ok());
  ASSERT_NE(read->event, nullptr);
  EXPECT_EQ(read->event->id, "7");
  EXPECT_EQ(read->event->event, "tick");
  EXPECT_EQ(read->event->retry, std::chrono::milliseconds(2500));

  v1::Data back;
  ToProto(*read, &back);
  EXPECT_EQ(back.SerializeAsString(), data.SerializeAsString());
}

TEST(ProtoCodecData, RefusesEventFieldsThatWouldBreakTheStream) {
  for (const std::string& bad :
       {std::string("a\nb"), std::string("a\rb"), std::string("a\0b", 3)}) {
    v1::Data id = TextData("x");
    id.mutable_event()->set_id(bad);
    EXPECT_THAT(MessageOf(FromProto(id).status()), HasSubstr("data.event.id holds CR"));
    v1::Data event = TextData("x");
    event.mutable_event()->set_event(bad);
    EXPECT_THAT(MessageOf(FromProto(event).status()), HasSubstr("data.event.event holds CR"));
  }
  v1::Data own = TextData("x");
  own.mutable_event()->set_event("hookcast.open");
  EXPECT_THAT(MessageOf(FromProto(own).status()), HasSubstr("the node's own"));
  own.mutable_event()->set_event("hookcast");
  EXPECT_TRUE(FromProto(own).ok());
  v1::Data retry = TextData("x");
  retry.mutable_event()->mutable_retry()->set_seconds(-1);
  EXPECT_THAT(MessageOf(FromProto(retry).status()), HasSubstr("data.event.retry"));
}

TEST(ProtoCodecActions, ReadsEachKind) {
  v1::HookReply reply;
  *reply.add_actions()->mutable_send()->mutable_data() = TextData("hi");
  reply.add_actions()->mutable_subscribe()->set_topic("a");
  reply.add_actions()->mutable_unsubscribe()->set_topic("b");
  v1::PublishAction* publish = reply.add_actions()->mutable_publish();
  publish->set_topic("c");
  publish->set_include_self(true);
  publish->mutable_data()->set_binary("bin");
  v1::CloseAction* close = reply.add_actions()->mutable_close();
  close->set_code(4001);
  close->set_reason("bye");
  reply.add_actions()->mutable_terminate();

  const auto read = FromProto(reply);
  ASSERT_TRUE(read.ok()) << read.status();
  ASSERT_EQ(read->actions.size(), 6u);
  EXPECT_EQ(std::get<SendAction>(read->actions[0]).data.payload.view(), "hi");
  EXPECT_EQ(std::get<SubscribeAction>(read->actions[1]).topic, "a");
  EXPECT_EQ(std::get<UnsubscribeAction>(read->actions[2]).topic, "b");
  EXPECT_EQ(std::get<PublishAction>(read->actions[3]).topic, "c");
  EXPECT_TRUE(std::get<PublishAction>(read->actions[3]).include_self);
  EXPECT_EQ(std::get<PublishAction>(read->actions[3]).data.payload.view(), "bin");
  EXPECT_EQ(std::get<CloseAction>(read->actions[4]).code, 4001);
  EXPECT_EQ(std::get<CloseAction>(read->actions[4]).reason, "bye");
  EXPECT_TRUE(std::holds_alternative<TerminateAction>(read->actions[5]));
  EXPECT_FALSE(read->context.has_value());
}

TEST(ProtoCodecActions, CloseWithoutACodeIs1000) {
  v1::Action action;
  action.mutable_close();
  EXPECT_EQ(std::get<CloseAction>(*FromProto(action)).code, 1000);
}

TEST(ProtoCodecActions, WhatCannotBeCarriedOutIsLeftForTheExecutorToRefuse) {
  v1::HookReply reply;
  reply.add_actions()->mutable_subscribe();
  reply.add_actions()->mutable_close()->set_code(1005);
  reply.add_actions()->mutable_close()->set_code(65536 + 1000);
  const auto read = FromProto(reply);
  ASSERT_TRUE(read.ok()) << read.status();
  EXPECT_EQ(std::get<CloseAction>(read->actions[1]).code, 1005);
  EXPECT_FALSE(IsValidOnWire(std::get<CloseAction>(read->actions[2]).code));
}

TEST(ProtoCodecActions, NamesTheActionThatCannotBeRead) {
  v1::HookReply reply;
  reply.add_actions()->mutable_terminate();
  reply.add_actions()->mutable_send();
  EXPECT_EQ(MessageOf(FromProto(reply).status()),
            "actions[1]: data has neither text, binary nor json");
  reply.mutable_actions(1)->Clear();
  EXPECT_THAT(MessageOf(FromProto(reply).status()), HasSubstr("actions[1]: it is neither send"));
}

TEST(ProtoCodecActions, ASubscribeKeepsThePositionSinceWhichItIs) {
  v1::Action action;
  action.mutable_subscribe()->set_topic("a");
  EXPECT_EQ(std::get<SubscribeAction>(*FromProto(action)).since, std::nullopt);
  action.mutable_subscribe()->mutable_since()->set_epoch(7);
  EXPECT_EQ(std::get<SubscribeAction>(*FromProto(action)).since, (pubsub::Position{7, 0}));
}

TEST(ProtoCodecActions, APublishKeepsItsIdempotencyKey) {
  v1::Action action;
  action.mutable_publish()->set_topic("a");
  *action.mutable_publish()->mutable_data() = TextData("x");
  action.mutable_publish()->set_idempotency_key("k");
  const absl::StatusOr<Action> read = FromProto(action);
  ASSERT_TRUE(read.ok()) << read.status();
  EXPECT_EQ(std::get<PublishAction>(*read).idempotency_key, "k");
}

TEST(ProtoCodecReply, ReplacesTheContextOnlyWhereThereIsOne) {
  v1::HookReply reply;
  reply.mutable_context()->set_bytes("state");
  const auto set = FromProto(reply);
  ASSERT_TRUE(set.ok() && set->context.has_value());
  v1::Context context;
  ASSERT_TRUE(context.ParseFromString(*set->context));
  EXPECT_EQ(context.bytes(), "state");

  reply.mutable_context()->Clear();
  const auto cleared = FromProto(reply);
  ASSERT_TRUE(cleared.ok());
  EXPECT_EQ(cleared->context, "");
}

TEST(ProtoCodecReply, RefusesAContextAboveItsLimit) {
  v1::HookReply reply;
  constexpr size_t kHead = 4;  // of the field and its length
  reply.mutable_context()->set_bytes(std::string(kMaxContextBytes - kHead, 'x'));
  EXPECT_TRUE(FromProto(reply).ok());
  reply.mutable_context()->mutable_bytes()->push_back('x');
  const auto refused = FromProto(reply);
  EXPECT_EQ(refused.status().code(), absl::StatusCode::kInvalidArgument);
  EXPECT_THAT(MessageOf(refused.status()), HasSubstr("the context has 65537 bytes"));
  v1::UpgradeReply upgrade;
  *upgrade.mutable_accept()->mutable_context() = reply.context();
  EXPECT_FALSE(FromProto(upgrade).ok());
}

TEST(ProtoCodecReply, RefusesActionsWithoutEnd) {
  v1::HookReply reply;
  for (int i = 0; i < kMaxActions; ++i) reply.add_actions()->mutable_terminate();
  EXPECT_TRUE(FromProto(reply).ok());
  reply.add_actions()->mutable_terminate();
  EXPECT_THAT(MessageOf(FromProto(reply).status()),
              HasSubstr("the reply has 1025 actions; it may have at most 1024"));
}

TEST(ProtoCodecUpgrade, NoVerdictAcceptsWithAllDefaults) {
  const auto verdict = FromProto(v1::UpgradeReply());
  ASSERT_TRUE(verdict.ok());
  const auto& accept = std::get<Accept>(*verdict);
  EXPECT_TRUE(accept.headers.empty());
  EXPECT_FALSE(accept.ns.has_value());
  EXPECT_EQ(accept.context, "");
}

TEST(ProtoCodecUpgrade, ReadsAnAcceptWhole) {
  v1::UpgradeReply reply;
  auto* accept = reply.mutable_accept();
  for (const char* cookie : {"a=1", "b=2"}) {
    v1::Header* header = accept->add_headers();
    header->set_name("set-cookie");
    header->set_value(cookie);
  }
  accept->set_subprotocol("chat");
  accept->set_namespace_("");
  (*accept->mutable_context()->mutable_fields()->mutable_fields())["user"].set_string_value("ada");
  accept->mutable_limits()->set_max_message_bytes(1);
  accept->mutable_limits()->set_max_queue_bytes(2);
  accept->mutable_limits()->set_max_topics(3);
  const auto verdict = FromProto(reply);
  ASSERT_TRUE(verdict.ok()) << verdict.status();
  const auto& read = std::get<Accept>(*verdict);
  EXPECT_THAT(read.headers, ElementsAre(Pair("set-cookie", "a=1"), Pair("set-cookie", "b=2")));
  EXPECT_EQ(read.subprotocol, "chat");
  EXPECT_EQ(read.ns, "");
  EXPECT_EQ(read.limits.max_message_bytes, 1u);
  EXPECT_EQ(read.limits.max_queue_bytes, 2u);
  EXPECT_EQ(read.limits.max_topics, 3u);
  v1::Context context;
  ASSERT_TRUE(context.ParseFromString(read.context));
  EXPECT_EQ(context.fields().fields().at("user").string_value(), "ada");
}

TEST(ProtoCodecUpgrade, ReadsARejectWhole) {
  v1::UpgradeReply reply;
  reply.mutable_reject();
  EXPECT_EQ(std::get<Reject>(*FromProto(reply)).status, 403);

  reply.mutable_reject()->set_status(302);
  v1::Header* location = reply.mutable_reject()->add_headers();
  location->set_name("Location");
  location->set_value("/login");
  reply.mutable_reject()->set_text("go there");
  const auto redirect = FromProto(reply);
  ASSERT_TRUE(redirect.ok());
  EXPECT_EQ(std::get<Reject>(*redirect).status, 302);
  EXPECT_EQ(std::get<Reject>(*redirect).body, "go there");
  EXPECT_THAT(std::get<Reject>(*redirect).headers, ElementsAre(Pair("Location", "/login")));

  reply.mutable_reject()->set_bytes(std::string("\0\1", 2));
  EXPECT_THAT(
      std::get<Reject>(*FromProto(reply)).headers,
      ElementsAre(Pair("Location", "/login"), Pair("Content-Type", "application/octet-stream")));
}

TEST(ProtoCodecUpgrade, RefusesVerdictsThatMakeNoSense) {
  for (const uint32_t status : {200u, 101u, 600u, 0xFFFFFFFFu}) {
    v1::UpgradeReply reply;
    reply.mutable_reject()->set_status(status);
    EXPECT_EQ(FromProto(reply).status().code(), absl::StatusCode::kInvalidArgument);
  }
  v1::UpgradeReply reply;
  v1::Header* header = reply.mutable_accept()->add_headers();
  header->set_name("Sec-WebSocket-Extensions");
  EXPECT_FALSE(FromProto(reply).ok());
  header->set_name("X-Fine");
  EXPECT_TRUE(FromProto(reply).ok());
  header->set_value("a\r\nSet-Cookie: b");
  EXPECT_FALSE(FromProto(reply).ok());
  v1::UpgradeReply ns;
  ns.mutable_accept()->set_namespace_(std::string(1025, 'n'));
  EXPECT_FALSE(FromProto(ns).ok());
}

pubsub::PeerFacts SomeFacts() {
  pubsub::PeerFacts facts;
  facts.ns = "/rooms/a";
  facts.target = "/rooms/a?token=t";
  facts.remote_address = "192.0.2.1:40312";
  facts.subprotocol = "chat";
  facts.route = "/rooms/{room}";
  facts.params.emplace_back("room", "a");
  facts.headers.Add("Cookie", "one");
  facts.headers.Add("Sec-WebSocket-Protocol", "chat, superchat");
  facts.headers.Add("cookie", "two");
  facts.headers.Add("sec-websocket-protocol", "last");
  return facts;
}

TEST(ProtoCodecRequest, KeepsHeaderLinesRepeatedAndInOrder) {
  v1::Request request;
  ToProto(SomeFacts(), {"x"}, &request);
  EXPECT_EQ(request.method(), "GET");
  EXPECT_EQ(request.target(), "/rooms/a?token=t");
  EXPECT_EQ(request.path(), "/rooms/a");
  EXPECT_EQ(request.query(), "token=t");
  ASSERT_EQ(request.headers_size(), 4);
  EXPECT_EQ(request.headers(0).value(), "one");
  EXPECT_EQ(request.headers(2).name(), "cookie");
  EXPECT_EQ(request.headers(2).value(), "two");
  EXPECT_EQ(request.remote_address(), "192.0.2.1:40312");
  EXPECT_THAT(request.subprotocols(), ElementsAre("x"));
  EXPECT_EQ(request.transport(), v1::TRANSPORT_WEBSOCKET);
  EXPECT_EQ(request.route(), "/rooms/{room}");
  EXPECT_THAT(request.params(), UnorderedElementsAre(Pair("room", "a")));
  EXPECT_FALSE(request.has_tls());
}

TEST(ProtoCodecRequest, TlsIsThereWhereATrustedProxySaysSo) {
  pubsub::PeerFacts facts = SomeFacts();
  v1::Request without;
  ToProto(facts, &without);
  EXPECT_FALSE(without.has_tls());
  facts.tls = true;
  v1::Request with;
  ToProto(facts, &with);
  EXPECT_TRUE(with.has_tls());
  EXPECT_EQ(with.tls().ByteSizeLong(), 0);
}

TEST(ProtoCodecRequest, FindsTheOfferedSubprotocolsInTheHeaders) {
  v1::Request request;
  ToProto(SomeFacts(), &request);
  EXPECT_THAT(request.subprotocols(), ElementsAre("chat", "superchat", "last"));
}

TEST(ProtoCodecRequest, ReadsBytesThatAreNotUtf8AsLatin1) {
  pubsub::PeerFacts facts;
  facts.target = "/caf\xe9?q=\xff";
  facts.headers.Add("X-Name", "Andr\xe9");
  facts.headers.Add("X-Other", "Andr\xc3\xa9");
  v1::Request request;
  ToProto(facts, {}, &request);
  EXPECT_EQ(request.path(), "/café");
  EXPECT_EQ(request.query(), "q=ÿ");
  EXPECT_EQ(request.headers(0).value(), "André");
  EXPECT_EQ(request.headers(1).value(), "André");
  v1::Request parsed;
  EXPECT_TRUE(parsed.ParseFromString(request.SerializeAsString()));
}

TEST(ProtoCodecPeer, TellsWhatThePeerIsAndHolds) {
  const PeerId id{Incarnation{0xabc}, ShardId{2}, 9};
  fakes::RecordingPeer peer(id);
  peer.mutable_facts() = SomeFacts();
  v1::Context context;
  context.set_bytes("state");
  peer.set_context(context.SerializeAsString());
  v1::Peer out;
  ToProto(peer, {"b", "a"}, &out);
  EXPECT_EQ(out.id(), id.ToString());
  EXPECT_EQ(out.namespace_(), "/rooms/a");
  EXPECT_EQ(out.transport(), v1::TRANSPORT_WEBSOCKET);
  EXPECT_EQ(out.path(), "/rooms/a");
  EXPECT_EQ(out.route(), "/rooms/{room}");
  EXPECT_EQ(out.params().at("room"), "a");
  EXPECT_EQ(out.remote_address(), "192.0.2.1:40312");
  EXPECT_EQ(out.subprotocol(), "chat");
  EXPECT_EQ(out.context().bytes(), "state");
  EXPECT_THAT(out.topics(), ElementsAre("b", "a"));

  peer.set_context("");
  v1::Peer bare;
  ToProto(peer, {}, &bare);
  EXPECT_FALSE(bare.has_context());
}

TEST(ProtoCodecClose, TellsHowAConnectionEnded) {
  const std::pair<ClosedBy, v1::ClosedBy> all[] = {
      {ClosedBy::kClient, v1::CLOSED_BY_CLIENT},
      {ClosedBy::kApplication, v1::CLOSED_BY_APPLICATION},
      {ClosedBy::kNode, v1::CLOSED_BY_NODE},
      {ClosedBy::kNetwork, v1::CLOSED_BY_NETWORK}};
  for (const auto& [by, expected] : all) {
    v1::CloseDetails out;
    ToProto(CloseDetails{4001, "bye", by, true}, &out);
    EXPECT_EQ(out.code(), 4001u);
    EXPECT_EQ(out.reason(), "bye");
    EXPECT_EQ(out.closed_by(), expected);
    EXPECT_TRUE(out.was_clean());
  }
}

}  // namespace
}  // namespace hookcast::hooks
