#include "edge/replay.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <functional>
#include <optional>
#include <string>
#include <utility>
#include <vector>

#include "absl/strings/str_cat.h"
#include "edge/session.h"
#include "tests/unit/edge/test_shard.h"

namespace hookcast::edge {
namespace {

using hooks::ClosedBy;
using pubsub::Position;
using testing::ElementsAre;
using testing::ElementsAreArray;
using testing::HasSubstr;
using testing::IsEmpty;
using testing::SizeIs;

constexpr auto kNs = "kept";

hooks::Action Subscribe(std::string topic) { return hooks::SubscribeAction{std::move(topic)}; }
hooks::Action SubscribeSince(std::string topic, Position since) {
  return hooks::SubscribeAction{std::move(topic), since};
}

// A node with one route whose application the test plays; namespaces "kept…" keep a history.
class ReplayTest : public testing::Test {
 protected:
  ReplayTest() {
    config::Route route = TestShard::RouteAt("/r");
    route.hooks.resume = true;
    node_.emplace(TestShard::ConfigOf({route}));
  }

  void Publish(std::string_view text, std::string_view topic = "t") {
    node_->Publish(kNs, topic, text);
    node_->RunReady();
  }
  Position Head() {
    Position head;
    node_->backplane().ReadHead(kNs, [&](absl::StatusOr<Position> read) { head = *read; });
    return head;
  }
  std::string IdAt(uint64_t sequence) {
    return pubsub::ResumeId(kNs, Position{Head().epoch, sequence});
  }

  TestShard::Opened OpenNew(std::vector<hooks::Action> actions) {
    TestShard::Opened peer = node_->Open(kNs);
    application().AnswerWith(std::move(actions));
    return peer;
  }
  TestShard::Opened ComeBack(std::string_view resume_text, std::vector<hooks::Action> actions) {
    TestShard::Opened peer = node_->Open(kNs, 0, 128, resume_text);
    application().AnswerWith(std::move(actions));
    return peer;
  }

  // One turn in which the transport has space, if somebody awaits that; false if nobody does.
  bool Turn(const TestShard::Opened& peer) {
    node_->RunReady();
    if (!std::exchange(peer.transport->space_awaited, std::nullopt)) return false;
    node_->loop().Post([&] {
      peer.session->OnSpace();
      asked_within_turn_ = peer.transport->space_awaited.has_value();
    });
    node_->RunReady();
    return true;
  }
  void Settle(const TestShard::Opened& peer) {
    for (int turns = 0; Turn(peer); ++turns) ASSERT_LT(turns, 1000);
  }
  static void Leave(const TestShard::Opened& peer) {
    peer.session->OnClosed({1006, "", ClosedBy::kNetwork, false});
    peer.session->OnReleased();
  }

  fakes::ScriptedHookClient& application() { return node_->application(); }
  metrics::Catalogue& metrics() { return node_->metrics(); }
  uint64_t Resumes(metrics::Resume how) { return metrics().resumes.value(how); }

  std::optional<TestShard> node_;
  bool asked_within_turn_ = false;  // for space again
};

TEST_F(ReplayTest, ANewClientIsToldItsPositionOnceItsOpenReplyWasCarriedOut) {
  Publish("before");
  TestShard::Opened peer = OpenNew({Subscribe("t")});
  EXPECT_THAT(peer.transport->lines, ElementsAre("position"));
  EXPECT_EQ(peer.session->ResumeId(), IdAt(1));
  Publish("after");
  Publish("elsewhere", "u");
  EXPECT_THAT(peer.transport->lines, ElementsAre("position", "after"));
  EXPECT_EQ(peer.session->ResumeId(), IdAt(3)) << "what it need not have moves it too";
  EXPECT_FALSE(Turn(peer));
}

TEST_F(ReplayTest, WithoutHistoryOrTopicsThereIsNoPosition) {
  TestShard::Opened plain = node_->Open("plain");
  application().AnswerWith({Subscribe("t")});
  EXPECT_THAT(plain.transport->lines, IsEmpty());
  EXPECT_EQ(plain.session->ResumeId(), "");
  TestShard::Opened none = OpenNew({});
  EXPECT_THAT(none.transport->lines, IsEmpty());
  EXPECT_EQ(none.session->ResumeId(), "");
  // What such a client brings along means nothing, and changes nothing.
  TestShard::Opened back = node_->Open("plain", 0, 128, "1a2b3c4d.1.1");
  EXPECT_EQ(std::get<hooks::OpenEvent>(application().calls().front().event.what).resume,
            std::nullopt);
  application().AnswerWith({Subscribe("t")});
  node_->Publish("plain", "t", "live");
  node_->RunReady();
  EXPECT_THAT(back.transport->lines, ElementsAre("live"));
}

TEST_F(ReplayTest, AClientThatComesBackGetsEachMissedMessageOfItsTopicsOnceAndThenWhatComes) {
  for (const char* text : {"a", "b", "c"}) Publish(text);
  Publish("other", "u");
  Publish("d");
  TestShard::Opened peer = node_->Open(kNs, 0, 128, IdAt(1));
  EXPECT_EQ(std::get<hooks::OpenEvent>(application().calls().front().event.what).resume,
            (Position{Head().epoch, 1}));
  EXPECT_EQ(peer.session->ResumeId(), IdAt(1));
  application().AnswerWith({Subscribe("t")});
  EXPECT_THAT(peer.transport->lines, IsEmpty()) << "not before there is space";
  Publish("e");
  Settle(peer);
  EXPECT_THAT(peer.transport->lines, ElementsAre("b", "c", "d", "e", "position"));
  EXPECT_EQ(peer.session->ResumeId(), IdAt(6));
  Publish("f");
  EXPECT_EQ(peer.transport->lines.back(), "f");
  EXPECT_THAT(application().told(), ElementsAre("open 1/1", "resume 2/1 at 6 replayed 4"));
  EXPECT_EQ(metrics().replayed.value(), 4);
  EXPECT_EQ(Resumes(metrics::Resume::kResumed), 1);
  EXPECT_EQ(Resumes(metrics::Resume::kGap), 0);
}

TEST_F(ReplayTest, NothingLiveComesBeforeTheOpenReplyOfAClientThatComesBack) {
  Publish("a");
  TestShard::Opened peer = node_->Open(kNs, 0, 128, IdAt(0));
  ASSERT_TRUE(node_->hub().Subscribe(peer.session, "t").ok());
  Publish("b");
  EXPECT_THAT(peer.transport->lines, IsEmpty());
  application().AnswerWith({});
  Settle(peer);
  EXPECT_THAT(peer.transport->lines, ElementsAre("a", "b", "position"));
}

TEST_F(ReplayTest, AClientThatMissedNothingIsJustToldWhereItStands) {
  Publish("a");
  TestShard::Opened peer = ComeBack(IdAt(1), {Subscribe("t")});
  Settle(peer);
  EXPECT_THAT(peer.transport->lines, ElementsAre("position"));
  EXPECT_EQ(application().told().back(), "resume 2/1 at 1 replayed 0");
}

TEST_F(ReplayTest, OnesOwnEarlierPublishesAreReplayedAndThoseOfThisConnectionAreNot) {
  TestShard::Opened before = OpenNew({Subscribe("t")});
  node_->publisher().Publish({kNs, "t", TextData("earlier"), before.session->id()}, nullptr);
  EXPECT_THAT(before.transport->delivered, IsEmpty());
  Leave(before);
  application().Answer();
  TestShard::Opened peer = node_->Open(kNs, 0, 128, IdAt(0));
  application().AnswerWith({Subscribe("t"), hooks::PublishAction{"t", TextData("own")},
                            hooks::PublishAction{"t", TextData("back"), true}});
  Settle(peer);
  EXPECT_THAT(peer.transport->lines, ElementsAre("earlier", "back", "position"));
}

TEST_F(ReplayTest, WhatIsNotHeldAnyMoreIsAGapAndTheRestIsReplayed) {
  for (size_t i = 1; i <= TestShard::kKept + 5; ++i) Publish(absl::StrCat(i));
  TestShard::Opened peer = ComeBack(IdAt(2), {Subscribe("t")});
  Settle(peer);
  ASSERT_THAT(peer.transport->lines, SizeIs(TestShard::kKept + 2));
  EXPECT_EQ(peer.transport->lines.front(), "gap");
  EXPECT_EQ(peer.transport->lines[1], "6");
  EXPECT_EQ(peer.transport->lines.back(), "position");
  EXPECT_EQ(application().told().back(), "resume 2/1 at 1005 replayed 1000 gap");
  EXPECT_EQ(Resumes(metrics::Resume::kGap), 1);
}

TEST_F(ReplayTest, APositionOfAnotherEpochOrAboveTheHeadIsAGapBeforeAllThatIsHeld) {
  Publish("a");
  Publish("b");
  const Position head = Head();
  for (const Position position :
       {Position{head.epoch - 1, 1}, Position{head.epoch + 1, 1}, Position{head.epoch, 3}}) {
    TestShard::Opened peer = ComeBack(pubsub::ResumeId(kNs, position), {Subscribe("t")});
    Settle(peer);
    EXPECT_THAT(peer.transport->lines, ElementsAre("gap", "a", "b", "position"));
    EXPECT_EQ(application().told().back(), "resume 2/1 at 2 replayed 2 gap");
    application().Answer();
    Leave(peer);
    application().Answer();
  }
}

TEST_F(ReplayTest, WhatCannotBeReadAsAPositionHereIsAGapAndGoesOnFromNow) {
  Publish("a");
  for (const std::string& text :
       {std::string("nonsense"), pubsub::ResumeId("another", Head()), std::string("1.2.3")}) {
    TestShard::Opened peer = node_->Open(kNs, 0, 128, text);
    EXPECT_EQ(std::get<hooks::OpenEvent>(application().calls().front().event.what).resume,
              std::nullopt);
    EXPECT_EQ(peer.session->ResumeId(), "") << "a client that is cut off here has to be told again";
    application().AnswerWith({Subscribe("t")});
    Publish("live");
    Settle(peer);
    EXPECT_THAT(peer.transport->lines, ElementsAre("gap", "live", "position"));
    EXPECT_THAT(application().told().back(), HasSubstr("replayed 1 gap"));
    application().Answer();
    Leave(peer);
    application().Answer();
  }
  EXPECT_EQ(Resumes(metrics::Resume::kGap), 3);
}

TEST_F(ReplayTest, AReplayWaitsForSpaceInTheQueue) {
  const std::string large(100'000, 'x');
  for (int i = 0; i < 5; ++i) Publish(large);
  TestShard::Opened peer = node_->Open(kNs, 0, 128, IdAt(0));
  peer.transport->queued_bytes = 500'000;
  application().AnswerWith({Subscribe("t")});
  node_->RunReady();
  EXPECT_EQ(peer.transport->space_awaited, peer.transport->queue_limit / 4);
  ASSERT_TRUE(Turn(peer));
  EXPECT_THAT(peer.transport->lines, IsEmpty()) << "in JSON it might be six times as long";
  EXPECT_FALSE(asked_within_turn_);
  ASSERT_TRUE(peer.transport->space_awaited.has_value());
  EXPECT_EQ(*peer.transport->space_awaited, 0) << "half of the queue is for others";
  // A queue that is empty takes a message of any size.
  peer.transport->queued_bytes = 0;
  peer.transport->queue_limit = 1000;
  Settle(peer);
  EXPECT_THAT(peer.transport->delivered, SizeIs(5));
}

TEST_F(ReplayTest, ATurnGivesAPeerNoMoreThanItsShareHoweverFastItReads) {
  const std::string large(64 * 1024, 'x');
  for (int i = 0; i < 20; ++i) Publish(large);
  TestShard::Opened peer = ComeBack(IdAt(0), {Subscribe("t")});
  ASSERT_TRUE(Turn(peer));
  EXPECT_THAT(peer.transport->delivered, SizeIs(4));
  EXPECT_EQ(peer.session->ResumeId(), IdAt(4));
  EXPECT_FALSE(asked_within_turn_);
  // What comes meanwhile comes behind.
  Publish("live");
  Settle(peer);
  EXPECT_THAT(peer.transport->delivered, SizeIs(21));
  EXPECT_EQ(peer.transport->delivered.back(), "live");
}

TEST_F(ReplayTest, ATopicSubscribedToMeanwhileBeginsAtThatMoment) {
  const std::string large(200 * 1024, 'x');
  for (int i = 0; i < 3; ++i) Publish(large);
  Publish("old", "u");
  TestShard::Opened peer = ComeBack(IdAt(0), {Subscribe("t")});
  ASSERT_TRUE(Turn(peer));
  ASSERT_TRUE(node_->hub().Subscribe(peer.session, "u").ok());
  Publish("new", "u");
  Publish("newest", "u");
  Settle(peer);
  EXPECT_THAT(peer.transport->lines, ElementsAre(large, large, large, "new", "newest", "position"));
}

TEST_F(ReplayTest, ATopicUnsubscribedFromMeanwhileBringsNothingMore) {
  const std::string large(200 * 1024, 'x');
  for (int i = 0; i < 3; ++i) Publish(large);
  Publish("u", "u");
  TestShard::Opened peer = ComeBack(IdAt(0), {Subscribe("t"), Subscribe("u")});
  ASSERT_TRUE(Turn(peer));
  ASSERT_THAT(peer.transport->lines, SizeIs(2));
  node_->hub().Unsubscribe(peer.session, "t");
  Publish("live");
  ASSERT_TRUE(node_->hub().Subscribe(peer.session, "t").ok());
  Publish("again");
  Settle(peer);
  EXPECT_THAT(peer.transport->lines, ElementsAre(large, large, "u", "again", "position"));
}

TEST_F(ReplayTest, AClientThatLeavesAmidItsReplayEndsIt) {
  const std::string large(200 * 1024, 'x');
  for (int i = 0; i < 3; ++i) Publish(large);
  TestShard::Opened peer = ComeBack(IdAt(0), {Subscribe("t")});
  ASSERT_TRUE(Turn(peer));
  Leave(peer);
  node_->RunReady();
  EXPECT_THAT(application().told(), ElementsAre("open 1/1", "close 2/1 1006"));
  application().Answer();
  node_->RunReady();
  EXPECT_EQ(node_->shard().session_count(), 0);
  EXPECT_EQ(Resumes(metrics::Resume::kResumed), 0);
}

TEST_F(ReplayTest, ATransportThatTakesNothingIsNotAskedForEver) {
  for (int i = 0; i < 10; ++i) Publish("m");
  TestShard::Opened peer = ComeBack(IdAt(0), {Subscribe("t")});
  peer.transport->taking = false;
  ASSERT_TRUE(Turn(peer));
  EXPECT_EQ(metrics().replayed.value(), 0);
  EXPECT_FALSE(asked_within_turn_);
}

TEST_F(ReplayTest, ATopicSinceAPositionIsRecalledAndWhatComesComesBehind) {
  for (const char* text : {"a", "b", "c"}) Publish(text);
  const uint64_t epoch = Head().epoch;
  TestShard::Opened peer = OpenNew({Subscribe("u")});
  EXPECT_EQ(peer.session->ResumeId(), IdAt(3));
  ASSERT_TRUE(node_->hub().SubscribeSince(peer.session, "t", {epoch, 1}).ok());
  EXPECT_EQ(peer.session->ResumeId(), IdAt(3) + "!") << "a client cut off here is owed b and c";
  Publish("d");
  Publish("other", "u");
  EXPECT_THAT(peer.transport->lines, ElementsAre("position", "position"));
  EXPECT_EQ(peer.session->ResumeId(), IdAt(3) + "!");
  Settle(peer);
  EXPECT_THAT(peer.transport->lines, ElementsAre("position", "position", "recall b", "recall c",
                                                 "d", "other", "position"));
  EXPECT_EQ(peer.session->ResumeId(), IdAt(5));
  Publish("e");
  EXPECT_EQ(peer.transport->lines.back(), "e");
  EXPECT_THAT(application().told(), ElementsAre("open 1/1")) << "no client came back";
  EXPECT_EQ(peer.session->counts().sent_messages, 5);
}

TEST_F(ReplayTest, AClientThatWasCutOffInARecallIsToldThatSomethingIsMissing) {
  for (const char* text : {"a", "b"}) Publish(text);
  TestShard::Opened peer = ComeBack(IdAt(2) + "!", {Subscribe("t")});
  Publish("c");
  Settle(peer);
  EXPECT_THAT(peer.transport->lines, ElementsAre("gap", "c", "position"));
  EXPECT_EQ(application().told().back(), "resume 2/1 at 3 replayed 1 gap");
}

// A new client has nothing yet, so that its position may begin where the topic does.
TEST_F(ReplayTest, SinceInANewClientsOpenReplyMovesItsPositionAlong) {
  const std::string large(200 * 1024, 'x');
  for (int i = 0; i < 3; ++i) Publish(large);
  Publish("old", "u");
  TestShard::Opened peer = OpenNew({Subscribe("u"), SubscribeSince("t", {Head().epoch, 1})});
  EXPECT_EQ(peer.session->ResumeId(), IdAt(1));
  ASSERT_TRUE(Turn(peer));
  EXPECT_EQ(peer.session->ResumeId(), IdAt(3)) << "what it was given, and no further";
  Publish("new", "u");
  Settle(peer);
  EXPECT_THAT(peer.transport->lines, ElementsAre("position", large, large, "new", "position"));
  EXPECT_EQ(peer.session->ResumeId(), IdAt(5));
}

TEST_F(ReplayTest, SinceInTheOpenReplyAndWhatTheClientMissedAreOneScan) {
  for (const char* text : {"a", "b", "c"}) Publish(text);
  Publish("x", "u");
  const uint64_t epoch = Head().epoch;
  TestShard::Opened peer = ComeBack(
      IdAt(2), {SubscribeSince("u", {epoch, 0}), Subscribe("t"), SubscribeSince("v", {epoch, 0})});
  Publish("y", "u");
  Publish("z", "v");
  Settle(peer);
  EXPECT_THAT(peer.transport->lines, ElementsAre("position", "c", "x", "y", "z", "position"));
  EXPECT_EQ(application().told().back(), "resume 2/1 at 6 replayed 4");
  Publish("live", "u");
  EXPECT_EQ(peer.transport->lines.back(), "live");
}

TEST_F(ReplayTest, WhatIsSubscribedToAgainInTheOpenReplyIsNotForgotten) {
  Publish("a");
  Publish("b");
  const uint64_t epoch = Head().epoch;
  TestShard::Opened peer = ComeBack(
      IdAt(1), {SubscribeSince("t", {epoch, 0}), hooks::UnsubscribeAction{"t"}, Subscribe("t")});
  Settle(peer);
  EXPECT_THAT(peer.transport->lines, ElementsAre("b", "position"));
}

TEST_F(ReplayTest, ATopicAddedAmidAScanGoesBackForItAlone) {
  const std::string large(200 * 1024, 'x');
  for (int i = 0; i < 2; ++i) Publish(large);
  Publish("u1", "u");
  for (int i = 0; i < 3; ++i) Publish(large);
  TestShard::Opened peer = ComeBack(IdAt(0), {Subscribe("t")});
  ASSERT_TRUE(Turn(peer));
  ASSERT_TRUE(Turn(peer));
  ASSERT_THAT(peer.transport->delivered, SizeIs(4));
  ASSERT_TRUE(node_->hub().SubscribeSince(peer.session, "u", {Head().epoch, 0}).ok());
  EXPECT_TRUE(peer.session->ResumeId().ends_with("!"));
  Settle(peer);
  EXPECT_THAT(peer.transport->lines,
              ElementsAre(large, large, large, large, "position", "recall u1", large, "position"))
      << "nothing twice";
}

TEST_F(ReplayTest, ARareTopicIsFoundInALargeHistory) {
  TestShard::Opened keeper = OpenNew({Subscribe("other")});
  Publish("rare", "r");
  for (size_t i = 0; i + 1 < TestShard::kKept; ++i) Publish("x", "other");
  TestShard::Opened peer = node_->Open(kNs, 0, 128, IdAt(0));
  application().AnswerWith({Subscribe("r")});
  Settle(peer);
  EXPECT_THAT(peer.transport->delivered, ElementsAre("rare"));
  Leave(keeper);
}

TEST_F(ReplayTest, AQueueOfOneByteTakesAMessageATurn) {
  for (const char* text : {"a", "b", "c"}) Publish(text);
  TestShard::Opened peer = node_->Open(kNs, 0, 128, IdAt(0));
  peer.transport->queue_limit = 1;
  application().AnswerWith({Subscribe("t")});
  Settle(peer);
  EXPECT_THAT(peer.transport->lines, ElementsAre("a", "b", "c", "position"));
}

TEST_F(ReplayTest, SinceOfATopicThatIsHeldAlreadyHasNoEffect) {
  Publish("a");
  TestShard::Opened peer = OpenNew({Subscribe("t")});
  ASSERT_TRUE(node_->hub().SubscribeSince(peer.session, "t", {Head().epoch, 0}).ok());
  Publish("b");
  EXPECT_THAT(peer.transport->lines, ElementsAre("position", "b"));
}

TEST_F(ReplayTest, SinceInANamespaceWithoutHistoryIsRefusedWithTheReason) {
  node_->Open("plain");
  application().AnswerWith({SubscribeSince("t", {1, 1}), Subscribe("u")});
  ASSERT_THAT(application().told(), SizeIs(2));
  EXPECT_THAT(application().told().back(), HasSubstr("keeps no history"));
  EXPECT_THAT(application().calls().front().topics, ElementsAre("u"));
}

TEST_F(ReplayTest, AGapSinceAPositionIsToldToTheClientOrElseToTheApplication) {
  Publish("a");
  const uint64_t epoch = Head().epoch;
  TestShard::Opened peer = OpenNew({SubscribeSince("t", {epoch - 1, 9})});
  Settle(peer);
  EXPECT_THAT(peer.transport->lines, ElementsAre("position", "gap", "a", "position"));
  EXPECT_THAT(application().told(), ElementsAre("open 1/1"));
  TestShard::Opened mute = node_->Open(kNs);
  mute.transport->knows_gaps = false;
  application().AnswerWith({SubscribeSince("t", {epoch - 1, 9})});
  Settle(mute);
  EXPECT_THAT(application().told().back(), HasSubstr("not held any more"));
  EXPECT_EQ(Resumes(metrics::Resume::kTopicGap), 2);
  EXPECT_EQ(Resumes(metrics::Resume::kGap), 0);
}

TEST_F(ReplayTest, AClientWithoutTopicsIsDoneAtOnce) {
  Publish("a");
  TestShard::Opened peer = ComeBack(IdAt(0), {});
  Settle(peer);
  EXPECT_THAT(peer.transport->delivered, IsEmpty());
  EXPECT_EQ(application().told().back(), "resume 2/1 at 0 replayed 0");
}

TEST_F(ReplayTest, WhatComesAmidALongReplayComesInOrderAndOnce) {
  std::vector<std::string> expected;
  const auto publish = [&](int count) {
    for (; count > 0; --count) {
      expected.push_back(absl::StrCat(expected.size() + 1));
      Publish(expected.back());
    }
  };
  publish(900);
  TestShard::Opened peer = ComeBack(IdAt(0), {Subscribe("t")});
  // Each turn less comes than it gives.
  for (int left = 90; Turn(peer); left -= 10) publish(std::max(left, 0));
  publish(5);
  std::vector<std::string> live = peer.transport->delivered;
  EXPECT_THAT(live, ElementsAreArray(expected));
}

}  // namespace
}  // namespace hookcast::edge
