#include "broker/hooks/action_executor.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <string>

#include "tests/fakes/recording_backplane.h"
#include "tests/fakes/recording_peer.h"

namespace hookcast::hooks {
namespace {

using fakes::RecordingPeer;
using testing::ElementsAre;
using testing::HasSubstr;
using testing::IsEmpty;
using testing::SizeIs;

constexpr Incarnation kNode{0xabc};

pubsub::Data Text(std::string_view text) {
  return {.kind = pubsub::DataKind::kText, .payload = Bytes::Copy(text)};
}

class ActionExecutorTest : public testing::Test {
 protected:
  ActionExecutorTest() : peer_(hub_.NextPeerId(), /*max_topics=*/2) {
    peer_.mutable_facts().ns = "ns";
    hub_.Add(&peer_, "ns");
  }
  ~ActionExecutorTest() override { hub_.Remove(&peer_); }

  absl::Status Execute(Action action) { return executor_.Execute(std::move(action), hub_, peer_); }

  metrics::Catalogue metrics_;
  fakes::RecordingBackplane backplane_;
  pubsub::InterestTable interest_{&backplane_};
  pubsub::Hub hub_{kNode, ShardId{0}, &interest_, &metrics_};
  pubsub::Publisher publisher_{kNode, &backplane_, &metrics_};
  ActionExecutor executor_{&publisher_};
  RecordingPeer peer_;
};

TEST_F(ActionExecutorTest, SendsToThePeerAlone) {
  EXPECT_TRUE(Execute(SendAction{Text("hello")}).ok());
  ASSERT_THAT(peer_.sent(), SizeIs(1));
  EXPECT_EQ(peer_.sent()[0].payload.view(), "hello");
  EXPECT_THAT(backplane_.published(), IsEmpty());
}

TEST_F(ActionExecutorTest, APeerThatTakesNoMoreIsNoErrorOfTheAction) {
  peer_.TakeNoMore();
  EXPECT_TRUE(Execute(SendAction{Text("hello")}).ok());
}

TEST_F(ActionExecutorTest, SubscribesAndUnsubscribes) {
  EXPECT_TRUE(Execute(SubscribeAction{"a"}).ok());
  EXPECT_TRUE(Execute(SubscribeAction{"a"}).ok());
  EXPECT_TRUE(Execute(SubscribeAction{"b"}).ok());
  EXPECT_THAT(peer_.membership().Topics(), ElementsAre("a", "b"));
  EXPECT_EQ(Execute(SubscribeAction{"c"}).code(), absl::StatusCode::kResourceExhausted);
  EXPECT_TRUE(Execute(UnsubscribeAction{"a"}).ok());
  EXPECT_TRUE(Execute(UnsubscribeAction{"never"}).ok());
  EXPECT_THAT(peer_.membership().Topics(), ElementsAre("b"));
}

TEST_F(ActionExecutorTest, ATopicAgainstTheLimitsIsRefusedByEachActionThatNamesOne) {
  for (const std::string& topic : {std::string(), std::string(256, 't'), std::string("\xff")}) {
    EXPECT_EQ(Execute(SubscribeAction{topic}).code(), absl::StatusCode::kInvalidArgument);
    EXPECT_EQ(Execute(UnsubscribeAction{topic}).code(), absl::StatusCode::kInvalidArgument);
    EXPECT_EQ(Execute(PublishAction{topic, Text("x")}).code(), absl::StatusCode::kInvalidArgument);
  }
  EXPECT_THAT(backplane_.published(), IsEmpty());
}

TEST_F(ActionExecutorTest, PublishesToThePeersNamespaceWithoutThePeerUnlessItAsks) {
  EXPECT_TRUE(Execute(PublishAction{"t", Text("one")}).ok());
  EXPECT_TRUE(Execute(PublishAction{"t", Text("two"), /*include_self=*/true}).ok());
  const auto published = backplane_.published();
  ASSERT_THAT(published, SizeIs(2));
  EXPECT_EQ(published[0]->ns, "ns");
  EXPECT_EQ(published[0]->topic, "t");
  EXPECT_EQ(published[0]->data.payload.view(), "one");
  EXPECT_EQ(published[0]->exclude, peer_.id());
  EXPECT_EQ(published[1]->exclude, std::nullopt);
  EXPECT_TRUE(published[0]->once) << "nobody tries again, so that others are to be told of a loss";
}

TEST_F(ActionExecutorTest, APublishWithAKeyGoesOutOnceAndWithATooLongOneNotAtAll) {
  EXPECT_TRUE(Execute(PublishAction{"t", Text("one"), false, "k"}).ok());
  EXPECT_TRUE(Execute(PublishAction{"t", Text("two"), false, "k"}).ok());
  ASSERT_THAT(backplane_.published(), SizeIs(1));
  EXPECT_EQ(backplane_.published()[0]->key, "k");
  const absl::Status status = Execute(PublishAction{"t", Text("x"), false, std::string(256, 'k')});
  EXPECT_EQ(status.code(), absl::StatusCode::kInvalidArgument);
  EXPECT_THAT(std::string(status.message()), HasSubstr("idempotency_key has 256 bytes"));
}

TEST_F(ActionExecutorTest, ClosesAndTerminates) {
  EXPECT_TRUE(Execute(CloseAction{4001, "bye"}).ok());
  EXPECT_THAT(peer_.closes(), ElementsAre(RecordingPeer::CloseCall{4001, "bye"}));
  const absl::Status status = Execute(CloseAction{1005, ""});
  EXPECT_EQ(status.code(), absl::StatusCode::kInvalidArgument);
  EXPECT_THAT(std::string(status.message()), HasSubstr("1005"));
  EXPECT_EQ(Execute(CloseAction{1000, std::string(124, 'x')}).code(),
            absl::StatusCode::kInvalidArgument);
  EXPECT_THAT(peer_.closes(), SizeIs(1));
  EXPECT_TRUE(Execute(TerminateAction{}).ok());
  EXPECT_EQ(peer_.terminations(), 1);
}

TEST_F(ActionExecutorTest, OnceThePeerHasLeftTheHubOnlyPublishHasAnEffect) {
  hub_.Remove(&peer_);
  EXPECT_TRUE(Execute(SendAction{Text("x")}).ok());
  EXPECT_TRUE(Execute(SubscribeAction{"t"}).ok());
  EXPECT_TRUE(Execute(UnsubscribeAction{"t"}).ok());
  EXPECT_TRUE(Execute(CloseAction{1000, ""}).ok());
  EXPECT_TRUE(Execute(TerminateAction{}).ok());
  EXPECT_TRUE(Execute(PublishAction{"t", Text("left")}).ok());
  EXPECT_THAT(peer_.sent(), IsEmpty());
  EXPECT_THAT(peer_.closes(), IsEmpty());
  EXPECT_EQ(peer_.terminations(), 0);
  EXPECT_THAT(peer_.membership().Topics(), IsEmpty());
  ASSERT_THAT(backplane_.published(), SizeIs(1));
  EXPECT_EQ(backplane_.published()[0]->ns, "ns");
}

TEST_F(ActionExecutorTest, AWrongActionIsRefusedAlsoOnceThePeerHasLeft) {
  hub_.Remove(&peer_);
  EXPECT_FALSE(Execute(UnsubscribeAction{""}).ok());
  EXPECT_FALSE(Execute(PublishAction{"", Text("x")}).ok());
  EXPECT_FALSE(Execute(CloseAction{1, ""}).ok());
  EXPECT_FALSE(Execute(SubscribeAction{""}).ok());
}

// An id says who is meant, not an address: another peer's place in the hub is not this one's.
TEST_F(ActionExecutorTest, APeerOfTheSameIdThatIsNotInTheHubIsNotConnected) {
  RecordingPeer stranger(peer_.id());
  EXPECT_TRUE(executor_.Execute(SendAction{Text("x")}, hub_, stranger).ok());
  EXPECT_THAT(stranger.sent(), IsEmpty());
}

}  // namespace
}  // namespace hookcast::hooks
