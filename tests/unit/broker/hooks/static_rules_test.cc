#include "broker/hooks/static_rules.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <optional>
#include <string>
#include <vector>

#include "absl/strings/str_cat.h"
#include "absl/strings/str_join.h"
#include "tests/fakes/recording_peer.h"

namespace hookcast::hooks {
namespace {

using testing::ElementsAre;
using testing::IsEmpty;
using testing::SizeIs;

class StaticRulesTest : public testing::Test {
 protected:
  StaticRulesTest() : peer_(PeerId{Incarnation{1}, ShardId{0}, 1}) {
    peer_.mutable_facts().target = "/rooms/a%20b?x=y";
    peer_.mutable_facts().params = {{"room", "a%20b"}};
    route_.static_rules.emplace();
  }

  config::StaticRules& rules() { return *route_.static_rules; }

  // What the rules answer before Call returns.
  std::vector<Action> ActionsFor(PeerEvent event) {
    StaticRules rules(&route_);
    std::optional<absl::StatusOr<HookReply>> reply;
    rules.Call(peer_, event, nullptr, std::chrono::seconds(1),
               [&](absl::StatusOr<HookReply> answer) { reply = std::move(answer); });
    EXPECT_TRUE(reply.has_value());
    if (!reply || !reply->ok()) return {};
    EXPECT_EQ((*reply)->context, std::nullopt);
    return std::move(**reply).actions;
  }

  static PeerEvent Message(std::string_view payload, pubsub::DataKind kind) {
    return {.what = MessageEvent{{.kind = kind, .payload = Bytes::Copy(payload)}}};
  }

  // How the upgrade of a client with this query is answered.
  UpgradeVerdict VerdictFor(std::string_view query) {
    peer_.mutable_facts().target = absl::StrCat("/rooms/a?", std::string(query));
    StaticRules rules(&route_);
    std::optional<absl::StatusOr<UpgradeVerdict>> verdict;
    const std::vector<std::string> none;
    rules.Upgrade({peer_.id(), &peer_.facts(), &none}, std::chrono::seconds(1),
                  [&](absl::StatusOr<UpgradeVerdict> answer) { verdict = std::move(answer); });
    EXPECT_TRUE(verdict.has_value() && verdict->ok());
    return **std::move(verdict);
  }

  // "400 Why.", or the topics of the accepted peer.
  std::string OutcomeOf(std::string_view query) {
    UpgradeVerdict verdict = VerdictFor(query);
    if (const auto* reject = std::get_if<Reject>(&verdict)) {
      EXPECT_THAT(reject->headers, IsEmpty());
      return absl::StrCat(reject->status, " ", reject->body);
    }
    std::vector<std::string> topics;
    for (const Action& action : ActionsFor({.what = OpenEvent{}})) {
      topics.push_back(std::get<SubscribeAction>(action).topic);
    }
    return absl::StrJoin(topics, ",");
  }

  config::Route route_;
  fakes::RecordingPeer peer_;
};

TEST_F(StaticRulesTest, AcceptsEveryUpgradeAsItIs) {
  const UpgradeVerdict verdict = VerdictFor("topic=any");
  const auto& accept = std::get<Accept>(verdict);
  EXPECT_THAT(accept.headers, IsEmpty());
  EXPECT_EQ(accept.subprotocol, "");
  EXPECT_EQ(accept.ns, std::nullopt);
}

TEST_F(StaticRulesTest, SubscribesAtOpenToTheExpandedTopics) {
  rules().subscribe = {"fixed", "room-{room}", "at {path}"};
  const std::vector<Action> actions = ActionsFor({.what = OpenEvent{}});
  std::vector<std::string> topics;
  for (const Action& action : actions) topics.push_back(std::get<SubscribeAction>(action).topic);
  EXPECT_THAT(topics, ElementsAre("fixed", "room-a%20b", "at /rooms/a%20b"));
}

TEST_F(StaticRulesTest, EchoesAMessageAsItCame) {
  rules().on_message = config::OnMessage::kEcho;
  const std::string binary("a\0\xff", 3);
  const std::vector<Action> actions = ActionsFor(Message(binary, pubsub::DataKind::kBinary));
  ASSERT_THAT(actions, SizeIs(1));
  const pubsub::Data& data = std::get<SendAction>(actions[0]).data;
  EXPECT_EQ(data.payload.view(), binary);
  EXPECT_EQ(data.kind, pubsub::DataKind::kBinary);
}

TEST_F(StaticRulesTest, PublishesAMessageToTheExpandedTopicNotToItsSender) {
  rules().on_message = config::OnMessage::kPublish;
  rules().topic = "room-{room}";
  const std::vector<Action> actions = ActionsFor(Message("hello", pubsub::DataKind::kText));
  ASSERT_THAT(actions, SizeIs(1));
  const auto& publish = std::get<PublishAction>(actions[0]);
  EXPECT_EQ(publish.topic, "room-a%20b");
  EXPECT_EQ(publish.data.payload.view(), "hello");
  EXPECT_FALSE(publish.include_self);
}

TEST_F(StaticRulesTest, IgnoresMessagesWhereToldSoAndEveryOtherEvent) {
  rules().on_message = config::OnMessage::kIgnore;
  EXPECT_THAT(ActionsFor(Message("hello", pubsub::DataKind::kText)), IsEmpty());
  rules().on_message = config::OnMessage::kEcho;
  EXPECT_THAT(ActionsFor({.what = OpenEvent{}}), IsEmpty());
  EXPECT_THAT(ActionsFor({.what = CloseEvent{}}), IsEmpty());
  EXPECT_THAT(ActionsFor({.what = ErrorEvent{}}), IsEmpty());
}

TEST_F(StaticRulesTest, TopicsOfTheQueryAreOfNoMeaningWhereTheRouteOffersNone) {
  rules().subscribe = {"fixed"};
  EXPECT_EQ(OutcomeOf("topic=news&topic=%ff&topic="), "fixed");
}

TEST_F(StaticRulesTest, SubscribesToTheOfferedTopicsThatTheQueryNames) {
  rules().subscribe = {"fixed"};
  rules().query_topics = {"news", "prices-*"};
  EXPECT_EQ(OutcomeOf(""), "fixed");
  EXPECT_EQ(OutcomeOf("other=news"), "fixed");
  EXPECT_EQ(OutcomeOf("topic=news&x=y&topic=prices-eur"), "fixed,news,prices-eur");
  EXPECT_EQ(OutcomeOf("topic=prices-"), "fixed,prices-");
}

TEST_F(StaticRulesTest, NamesInTheQueryAreDecoded) {
  rules().query_topics = {"a b", "caf\xC3\xA9/*"};
  EXPECT_EQ(OutcomeOf("topic=a+b&topic=a%20b&t%6fpic=caf%C3%A9%2F%26"), "a b,caf\xC3\xA9/&");
}

TEST_F(StaticRulesTest, ATopicThatIsNamedTwiceIsSubscribedToOnce) {
  rules().subscribe = {"news"};
  rules().query_topics = {"*"};
  route_.limits.topics = 2;
  EXPECT_EQ(OutcomeOf("topic=a&topic=news&topic=a&topic=%61"), "news,a");
}

TEST_F(StaticRulesTest, ATopicThatIsNotOfferedIsRefusedAndNotToldBack) {
  rules().query_topics = {"news", "prices-*"};
  const std::string refusal =
      "403 The query names a topic that this path does not offer to its clients.\n";
  for (const char* query :
       {"topic=secret", "topic=news&topic=price", "topic=News", "topic=news%00", "topic=prices",
        "topic=%0d%0aX: y", "topic=news%20", "topic=*", "topic=<script>"}) {
    EXPECT_EQ(OutcomeOf(query), refusal) << query;
  }
}

TEST_F(StaticRulesTest, WhatIsNoTopicIsRefused) {
  rules().query_topics = {"*"};
  const std::string refusal = "400 The query names a topic that is none: the topic ";
  EXPECT_EQ(OutcomeOf("topic=a&topic"), refusal + "is empty; it needs a name.\n");
  EXPECT_EQ(OutcomeOf("topic=%ff"), refusal + "is not valid UTF-8; any characters may be in it.\n");
  EXPECT_EQ(OutcomeOf("topic=" + std::string(256, 'x')),
            refusal + "has 256 bytes; it may have at most 255.\n");
  EXPECT_EQ(OutcomeOf("topic=" + std::string(255, 'x')), std::string(255, 'x'));
}

TEST_F(StaticRulesTest, MoreTopicsThanAPeerMayHaveAreRefused) {
  rules().subscribe = {"fixed"};
  rules().query_topics = {"*"};
  route_.limits.topics = 3;
  EXPECT_EQ(OutcomeOf("topic=a&topic=b"), "fixed,a,b");
  EXPECT_EQ(OutcomeOf("topic=a&topic=b&topic=c"),
            "400 The query names too many topics; a client of this path may have 3.\n");
}

}  // namespace
}  // namespace hookcast::hooks
