#include "broker/hooks/static_rules.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <optional>
#include <string>
#include <vector>

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
  }

  // What the rules answer before Call returns.
  std::vector<Action> ActionsFor(PeerEvent event) {
    StaticRules rules(&config_);
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

  config::StaticRules config_;
  fakes::RecordingPeer peer_;
};

TEST_F(StaticRulesTest, AcceptsEveryUpgradeAsItIs) {
  StaticRules rules(&config_);
  std::optional<absl::StatusOr<UpgradeVerdict>> verdict;
  const std::vector<std::string> none;
  rules.Upgrade({peer_.id(), &peer_.facts(), &none}, std::chrono::seconds(1),
                [&](absl::StatusOr<UpgradeVerdict> answer) { verdict = std::move(answer); });
  ASSERT_TRUE(verdict.has_value() && verdict->ok());
  const auto& accept = std::get<Accept>(**verdict);
  EXPECT_THAT(accept.headers, IsEmpty());
  EXPECT_EQ(accept.subprotocol, "");
  EXPECT_EQ(accept.ns, std::nullopt);
}

TEST_F(StaticRulesTest, SubscribesAtOpenToTheExpandedTopics) {
  config_.subscribe = {"fixed", "room-{room}", "at {path}"};
  const std::vector<Action> actions = ActionsFor({.what = OpenEvent{}});
  std::vector<std::string> topics;
  for (const Action& action : actions) topics.push_back(std::get<SubscribeAction>(action).topic);
  EXPECT_THAT(topics, ElementsAre("fixed", "room-a%20b", "at /rooms/a%20b"));
}

TEST_F(StaticRulesTest, EchoesAMessageAsItCame) {
  config_.on_message = config::OnMessage::kEcho;
  const std::string binary("a\0\xff", 3);
  const std::vector<Action> actions = ActionsFor(Message(binary, pubsub::DataKind::kBinary));
  ASSERT_THAT(actions, SizeIs(1));
  const pubsub::Data& data = std::get<SendAction>(actions[0]).data;
  EXPECT_EQ(data.payload.view(), binary);
  EXPECT_EQ(data.kind, pubsub::DataKind::kBinary);
}

TEST_F(StaticRulesTest, PublishesAMessageToTheExpandedTopicNotToItsSender) {
  config_.on_message = config::OnMessage::kPublish;
  config_.topic = "room-{room}";
  const std::vector<Action> actions = ActionsFor(Message("hello", pubsub::DataKind::kText));
  ASSERT_THAT(actions, SizeIs(1));
  const auto& publish = std::get<PublishAction>(actions[0]);
  EXPECT_EQ(publish.topic, "room-a%20b");
  EXPECT_EQ(publish.data.payload.view(), "hello");
  EXPECT_FALSE(publish.include_self);
}

TEST_F(StaticRulesTest, IgnoresMessagesWhereToldSoAndEveryOtherEvent) {
  config_.on_message = config::OnMessage::kIgnore;
  EXPECT_THAT(ActionsFor(Message("hello", pubsub::DataKind::kText)), IsEmpty());
  config_.on_message = config::OnMessage::kEcho;
  EXPECT_THAT(ActionsFor({.what = OpenEvent{}}), IsEmpty());
  EXPECT_THAT(ActionsFor({.what = CloseEvent{}}), IsEmpty());
  EXPECT_THAT(ActionsFor({.what = ErrorEvent{}}), IsEmpty());
}

}  // namespace
}  // namespace hookcast::hooks
