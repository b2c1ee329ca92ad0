// Clients of event streams, with a real application. Rows of docs/contract.md.

#include "tests/integration/event_stream_fixture.h"

namespace hookcast::testing {
namespace {

using ::testing::HasSubstr;

class ContractEventStream : public EventStreamTest {};
INSTANTIATE_CONTRACT(ContractEventStream);

TEST_P(ContractEventStream, ConnectsToTheRoutesOfWebSocketAndHasTheSameHooks) {
  const Stream stream = Open("/a?token=x", {{"Cookie", "session=1"}});
  const v1::Request upgrade = application_->UpgradeOf("/a?token=x");
  EXPECT_EQ(upgrade.method(), "GET");
  EXPECT_EQ(upgrade.query(), "token=x");
  EXPECT_EQ(upgrade.transport(), v1::TRANSPORT_SSE);
  EXPECT_EQ(stream.open.peer().transport(), v1::TRANSPORT_SSE);
  EXPECT_EQ(stream.open.peer().namespace_(), "/a");

  const Client socket = Connect("/a?socket");
  EXPECT_EQ(socket.open.peer().transport(), v1::TRANSPORT_WEBSOCKET);
  EXPECT_EQ(socket.open.peer().namespace_(), "/a");
  EXPECT_EQ(broker_->ListPeers("/a").peers_size(), 2);
  EXPECT_EQ(HooksOf(stream.id), "open");
}

TEST_P(ContractEventStream, WhatTheApplicationRefusesReachesTheClient) {
  v1::UpgradeReply reply;
  reply.mutable_reject()->set_status(401);
  reply.mutable_reject()->set_text("who are you?");
  v1::Header* const header = reply.mutable_reject()->add_headers();
  header->set_name("WWW-Authenticate");
  header->set_value("Bearer");
  const auto response =
      HttpGet(node_->clients(), "/a",
              {{"Accept", "text/event-stream"}, OrderHeader("x-upgrade-reply", reply)});
  ASSERT_TRUE(response.ok()) << response.status();
  EXPECT_EQ(response->status, 401);
  EXPECT_EQ(response->body, "who are you?");
  EXPECT_EQ(response->header("WWW-Authenticate"), "Bearer");
  EXPECT_EQ(Hooks(), "upgrade") << "no peer, no other hook";
}

TEST_P(ContractEventStream, WhatTheApplicationAcceptsWithReachesTheClient) {
  v1::UpgradeReply reply;
  reply.mutable_accept()->set_namespace_("elsewhere");
  for (const char* cookie : {"a=1", "b=2"}) {
    v1::Header* const header = reply.mutable_accept()->add_headers();
    header->set_name("Set-Cookie");
    header->set_value(cookie);
  }
  const Stream stream = Open("/a", {OrderHeader("x-upgrade-reply", reply),
                                    OrderHeader("x-open-reply", Reply({SubscribeTo("t")}))});
  EXPECT_EQ(stream->response().HeaderValues("Set-Cookie"),
            (std::vector<std::string>{"a=1", "b=2"}));
  EXPECT_EQ(stream.open.peer().namespace_(), "elsewhere");
}

TEST_P(ContractEventStream, AStringIsPushedToIt) {
  const Stream stream =
      Open("/a", {OrderHeader("x-open-reply", Reply({SendText("welcome"), SubscribeTo("t")}))});
  EXPECT_EQ(Next(stream), (Event{"message", "welcome", ""})) << "by the open hook's reply";
  Order(stream, {SendText("Message @ noon")});
  EXPECT_EQ(Next(stream).data, "Message @ noon") << "by a message hook's reply";
  ASSERT_TRUE(broker_->Send(stream.id, TextData("two\nlines")).ok());
  EXPECT_EQ(Next(stream).data, "two\nlines") << "by Send";
  EXPECT_EQ(broker_->PublishText("/a", "t", "to all"), 1u);
  EXPECT_EQ(Next(stream).data, "to all") << "by Publish";
  const Client socket = Connect("/a?socket");
  Order(socket, {PublishText("t", "from a socket"), SendText("done")});
  EXPECT_EQ(Text(socket), "done");
  EXPECT_EQ(Next(stream).data, "from a socket") << "by a WebSocket client's message";
}

TEST_P(ContractEventStream, StructuredMessagesHaveIdEventAndRetry) {
  const Stream stream = Open("/a", {OrderHeader("x-open-reply", Reply({SubscribeTo("t")}))});
  v1::Data data = EventData(R"({"value":0.5})", "17", "update");
  data.mutable_event()->mutable_retry()->set_seconds(3);
  Order(stream, {SendOf(data)});
  EXPECT_EQ(Next(stream), (Event{"update", R"({"value":0.5})", "17"}));
  EXPECT_EQ(stream->parser().retry_ms(), 3000u);
  EXPECT_THAT(stream->body(),
              HasSubstr("id: 17\nevent: update\nretry: 3000\ndata: {\"value\":0.5}\n\n"));

  data.mutable_event()->set_id("18");
  data.mutable_event()->mutable_retry()->set_seconds(4);
  v1::PublishResponse response;
  ASSERT_TRUE(broker_->Publish("/a", "t", data, &response).ok());
  EXPECT_EQ(Next(stream), (Event{"update", R"({"value":0.5})", "18"}));
  EXPECT_EQ(stream->parser().retry_ms(), 4000u);

  ASSERT_TRUE(broker_->Send(stream.id, TextData("plain")).ok());
  EXPECT_EQ(Next(stream), (Event{"message", "plain", "18"})) << "the id stays, the type does not";
}

TEST_P(ContractEventStream, WhatItPostsIsAMessage) {
  const Stream stream = Open("/a");
  EXPECT_EQ(Post(stream, "caf\xC3\xA9").status, 202);
  v1::MessageRequest message = application_->MessageOf(stream.id);
  EXPECT_EQ(message.data_case(), v1::MessageRequest::kText);
  EXPECT_EQ(message.text(), "caf\xC3\xA9");
  EXPECT_EQ(message.peer().id(), stream.id);

  const Stream other = Open("/a?other");
  const std::string bytes("\x00\xFF\r\n", 4);
  EXPECT_EQ(Post(other, bytes, "application/octet-stream").status, 202);
  message = application_->MessageOf(other.id);
  EXPECT_EQ(message.data_case(), v1::MessageRequest::kBinary);
  EXPECT_EQ(message.binary(), bytes);
}

TEST_P(ContractEventStream, ItsEndIsToldWhoeverEndsIt) {
  Stream leaves = Open("/a?leaves");
  leaves->CloseSocket();
  v1::CloseRequest close = application_->CloseOf(leaves.id);
  EXPECT_EQ(close.details().code(), 1005);
  EXPECT_EQ(close.details().closed_by(), v1::CLOSED_BY_CLIENT);

  Stream breaks = Open("/a?breaks");
  breaks->Reset();
  close = application_->CloseOf(breaks.id);
  EXPECT_EQ(close.details().code(), 1006);
  EXPECT_EQ(close.details().closed_by(), v1::CLOSED_BY_NETWORK);

  const Stream closed = Open("/a?closed");
  ASSERT_TRUE(broker_->Close(closed.id, 4001, "enough").ok());
  EXPECT_EQ(*closed->AwaitEnd(), End::kWhole);
  const auto last = closed->Receive();
  ASSERT_TRUE(last.ok()) << last.status();
  EXPECT_EQ(last->type, "hookcast.close");
  EXPECT_EQ(last->data, R"({"code":4001,"reason":"enough"})");
  close = application_->CloseOf(closed.id);
  EXPECT_EQ(close.details().code(), 4001);
  EXPECT_EQ(close.details().reason(), "enough");
  EXPECT_EQ(close.details().closed_by(), v1::CLOSED_BY_APPLICATION);
  EXPECT_TRUE(close.details().was_clean());

  const Stream terminated = Open("/a?terminated");
  ASSERT_TRUE(broker_->Terminate(terminated.id).ok());
  EXPECT_NE(*terminated->AwaitEnd(), End::kWhole);
  EXPECT_EQ(application_->CloseOf(terminated.id).details().code(), 1006);
}

}  // namespace
}  // namespace hookcast::testing
