#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <algorithm>
#include <cstdlib>
#include <string>
#include <vector>

#include "broker/hooks/application/application_client.h"
#include "broker/hooks/hook_failure.h"
#include "tests/unit/broker/hooks/application/client_under_test.h"

// An ApplicationClient's room: max_in_flight, the line, and what waits in it.
namespace hookcast::hooks {
namespace {

using std::chrono::milliseconds;
using std::chrono::seconds;
using ::testing::ElementsAre;

TEST(ApplicationClientRoom, NoMoreIsInFlightThanTheRouteAllowsAndATenthIsKept) {
  ClientUnderTest app({.max_in_flight = 10}, {"a"});
  for (int i = 0; i < 20; ++i) app.Message(app.NewPeer());
  EXPECT_EQ(app.client->in_flight(), 9u);
  EXPECT_EQ(app.client->waiting(), 11u);
  app.Upgrade(app.NewPeer());
  EXPECT_EQ(app.client->in_flight(), 10u);
  app.Close(app.NewPeer());
  EXPECT_EQ(app.client->in_flight(), 10u);
  EXPECT_EQ(app.client->waiting(), 12u);
  EXPECT_EQ(app.levels.waiting->value(), 12);
}

TEST(ApplicationClientRoom, TheLinesKeepTheirOrderAndTakeTurnsSoThatNoFloodOfUpgradesStarvesPeers) {
  ClientUnderTest app({.max_in_flight = 1}, {"a"});
  std::vector<std::string> ids;
  for (int i = 0; i < 3; ++i) ids.push_back(app.Message(app.NewPeer())->id);
  ids.push_back(app.Close(app.NewPeer())->id);
  ids.push_back(app.Upgrade(app.NewPeer())->id);
  std::vector<std::string> sent;
  while (!app.Stream("a").owed().empty()) {
    EXPECT_EQ(app.Stream("a").owed().size(), 1u);
    sent.push_back(app.Stream("a").owed()[0]);
    app.Stream("a").AnswerAll();
  }
  EXPECT_THAT(sent, ElementsAre(ids[0], ids[3], ids[1], ids[4], ids[2]));
  for (const Outcome& outcome : app.outcomes) EXPECT_EQ(outcome.times, 1);
}

TEST(ApplicationClientRoom, WhatIsBeyondTheCreditOfAllStreamsWaits) {
  ClientUnderTest app;
  app.Resolve({"a", "b"});
  app.Stream("a").Welcome(3);
  app.Stream("b").Welcome(2);
  for (int i = 0; i < 10; ++i) app.Message(app.NewPeer());
  EXPECT_EQ(app.client->in_flight(), 5u);
  app.Stream("b").Answer({app.Stream("b").owed()[1]});
  EXPECT_EQ(app.client->in_flight(), 5u);
  EXPECT_EQ(app.client->waiting(), 4u);
  EXPECT_EQ(app.Stream("b").owed().size(), 2u);
}

TEST(ApplicationClientRoom, TimeInLineCountsForAnUpgradeThatWasThenNeverSent) {
  ClientUnderTest app({.max_in_flight = 1}, {"a"});
  app.Message(app.NewPeer(), 1, seconds(60));
  const Outcome* const upgrade = app.Upgrade(app.NewPeer(), seconds(2));
  const Outcome* const close = app.Close(app.NewPeer());
  app.AdvanceAlive(milliseconds(2150));
  EXPECT_EQ(upgrade->times, 1);
  EXPECT_TRUE(WasNeverSent(upgrade->status));
  EXPECT_EQ(app.client->waiting(), 1u);
  app.Stream("a").AnswerAll();
  EXPECT_THAT(app.Stream("a").owed(), ElementsAre(close->id));
}

TEST(ApplicationClientRoom, AnUpgradeThatWaitedHasWhatIsLeftOfItsDeadline) {
  ClientUnderTest app({.max_in_flight = 1}, {"a"});
  app.Message(app.NewPeer(), 1, seconds(60));
  const Outcome* const upgrade = app.Upgrade(app.NewPeer(), seconds(2));
  app.AdvanceAlive(seconds(1));
  app.Stream("a").AnswerAll();
  EXPECT_THAT(app.Stream("a").owed(), ElementsAre(upgrade->id));
  app.AdvanceAlive(milliseconds(1150));
  EXPECT_EQ(upgrade->status.code(), absl::StatusCode::kDeadlineExceeded);
}

TEST(ApplicationClientRoom, TheDeadlineOfAnythingElseBeginsAsItIsSent) {
  ClientUnderTest app({.max_in_flight = 1, .breaker = {.failures = 0}}, {"a"});
  app.Message(app.NewPeer(), 1, seconds(10));
  const Outcome* const waited = app.Message(app.NewPeer(), 1, seconds(2));
  app.AdvanceAlive(seconds(5));
  EXPECT_EQ(waited->times, 0);
  app.Stream("a").AnswerAll();
  app.AdvanceAlive(milliseconds(1900));
  EXPECT_EQ(waited->times, 0);
  app.AdvanceAlive(milliseconds(200));
  EXPECT_EQ(waited->status.code(), absl::StatusCode::kDeadlineExceeded);
}

TEST(ApplicationClientRoom, AnEventOfMoreThanAQuarterOfTheCreditTravelsByACallAndHoldsNobodyUp) {
  ClientUnderTest app;
  app.Resolve({"a"});
  app.Stream("a").Welcome(1000, 10'000);
  const Outcome* const large = app.Message(app.NewPeer(), 4000);
  EXPECT_EQ(app.addresses["a"].OldestCall(), large->id);
  const Outcome* const small = app.Message(app.NewPeer(), 100);
  EXPECT_THAT(app.Stream("a").owed(), ElementsAre(small->id));
  EXPECT_EQ(app.client->waiting(), 0u);
}

TEST(ApplicationClientRoom, ConnectionsThatWaitAreBoundedAndOneMoreIsRefusedAtOnce) {
  ClientUnderTest app({.max_in_flight = 1}, {"a"});
  app.Message(app.NewPeer());
  const Outcome* last = nullptr;
  for (size_t i = 0; i < ApplicationClient::kMostWaitingUpgrades; ++i) {
    last = app.Upgrade(app.NewPeer());
  }
  EXPECT_EQ(last->times, 0);
  const Outcome* const refused = app.Upgrade(app.NewPeer());
  EXPECT_EQ(refused->times, 1);
  EXPECT_TRUE(WasNeverSent(refused->status));
  EXPECT_EQ(app.client->waiting(), ApplicationClient::kMostWaitingUpgrades);
}

TEST(ApplicationClientRoom, ADeadlineMakesRoomForTheNext) {
  ClientUnderTest app({.max_in_flight = 1}, {"a"});
  app.Message(app.NewPeer(), 1, seconds(1));
  const Outcome* const next = app.Message(app.NewPeer());
  app.AdvanceAlive(milliseconds(1150));
  EXPECT_EQ(app.Stream("a").owed().back(), next->id);
}

TEST(ApplicationClientRoom, ALateAnswerMakesRoomForWhatWaits) {
  ClientUnderTest app;
  app.Resolve({"a"});
  app.Stream("a").Welcome(3);
  const Outcome* const late = app.Message(app.NewPeer(), 1, seconds(1));
  for (int i = 0; i < 2; ++i) app.Message(app.NewPeer(), 1, seconds(60));
  const Outcome* const waits = app.Message(app.NewPeer());
  app.AdvanceAlive(milliseconds(1150));
  EXPECT_EQ(late->times, 1);
  ASSERT_EQ(app.client->waiting(), 1u);
  app.Stream("a").Answer({late->id});
  EXPECT_EQ(app.Stream("a").owed().back(), waits->id);
}

TEST(ApplicationClientRoom, WhatWaitsIsSentElsewhereWhenAStreamIsLost) {
  ClientUnderTest app;
  app.Resolve({"a", "b"});
  app.Stream("a").Welcome(1);
  const Outcome* const lost = app.Message(app.NewPeer());
  const Outcome* const waits = app.Message(app.NewPeer());
  app.Stream("a").End(absl::UnavailableError(""));
  EXPECT_EQ(lost->times, 1);
  EXPECT_EQ(waits->times, 0);  // b is connecting
  app.Stream("b").Welcome();
  EXPECT_THAT(app.Stream("b").owed(), ElementsAre(waits->id));
}

TEST(ApplicationClientRoom, WhileTheApplicationGoesAwayAndComesBackHooksWait) {
  ClientUnderTest app({}, {"a"});
  app.Stream("a").GoAway("at once");
  const Outcome* const message = app.Message(app.NewPeer());
  EXPECT_EQ(message->times, 0);
  app.Advance(milliseconds(250));
  app.Stream("a").Welcome();
  EXPECT_THAT(app.Stream("a").owed(), ElementsAre(message->id));
}

// ---- `done` that sends the next ----------------------------------------------------------------

// Keeps submitting the peer's next event from `done`, so often.
class Chain {
 public:
  Chain(ClientUnderTest* app, int length) : app_(app), left_(length), peer_(app->NewPeer()) {}
  void Next() {
    if (left_ == 0) return;
    --left_;
    char here = 0;
    deepest_ = std::max(deepest_, static_cast<size_t>(std::abs(top_ - &here)));
    app_->client->Call(peer_->peer,
                       {.number = ++peer_->events,
                        .what = MessageEvent{{.payload = Bytes::Copy(std::string("x"))}}},
                       &peer_->affinity, seconds(5),
                       [this](const absl::StatusOr<HookReply>&) { Next(); });
  }
  void Start() {
    char here = 0;
    top_ = &here;
    Next();
  }
  int left() const { return left_; }
  TestPeer* peer() const { return peer_; }
  // Of the stack, in bytes.
  size_t deepest() const { return deepest_; }

 private:
  ClientUnderTest* const app_;
  int left_;
  TestPeer* const peer_;
  const char* top_ = nullptr;
  size_t deepest_ = 0;
};

constexpr int kMany = 20'000;
constexpr size_t kFewFrames = 64 * 1024;

TEST(ApplicationClientRoom, HooksThatFailAtOnceMayEachSubmitTheNextWithoutRecursion) {
  ClientUnderTest app;
  app.client->OnAddresses(absl::UnavailableError("no such name"));
  Chain chain(&app, kMany);
  chain.Start();
  EXPECT_EQ(chain.left(), 0);
  EXPECT_LT(chain.deepest(), kFewFrames);
  EXPECT_EQ(app.client->waiting(), 0u);
}

TEST(ApplicationClientRoom, HooksThatAreNotWantedMayEachSubmitTheNextWithoutRecursion) {
  ClientUnderTest app({}, {"a"});
  Chain chain(&app, kMany);
  chain.Start();
  app.Stream("a").AnswerWith(app.Stream("a").owed()[0], absl::StatusCode::kUnimplemented);
  EXPECT_EQ(chain.left(), 0);
  EXPECT_LT(chain.deepest(), kFewFrames);
}

TEST(ApplicationClientRoom, HooksThatFailInLineMayEachSubmitTheNextWithoutRecursion) {
  ClientUnderTest app;
  Chain first(&app, kMany);
  Chain second(&app, kMany);
  first.Start();
  second.Start();
  app.client->OnAddresses(absl::UnavailableError("no such name"));
  EXPECT_EQ(first.left() + second.left(), 0);
  EXPECT_LT(first.deepest(), kFewFrames);
  EXPECT_LT(second.deepest(), kFewFrames);
}

TEST(ApplicationClientRoom, HooksThatAreAnsweredMayEachSubmitTheNext) {
  ClientUnderTest app({.max_in_flight = 2}, {"a"});
  Chain first(&app, 500);
  Chain second(&app, 500);
  Chain third(&app, 500);
  first.Start();
  second.Start();
  third.Start();
  while (!app.Stream("a").owed().empty()) app.Stream("a").AnswerAll();
  EXPECT_EQ(first.left() + second.left() + third.left(), 0);
  EXPECT_EQ(app.client->in_flight(), 0u);
}

}  // namespace
}  // namespace hookcast::hooks
