#include "broker/hooks/application/application_client.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <algorithm>
#include <map>
#include <string>
#include <vector>

#include "broker/hooks/hook_failure.h"
#include "tests/unit/broker/hooks/application/client_under_test.h"

namespace hookcast::hooks {
namespace {

using std::chrono::milliseconds;
using std::chrono::seconds;
using ::testing::ElementsAre;
using ::testing::HasSubstr;
using ::testing::IsEmpty;

// Of the ApplicationClient; of its room, application_client_room_test.cc.

std::string MessageOf(const Outcome& outcome) { return std::string(outcome.status.message()); }

TEST(ApplicationClient, TellsEachHookItsAnswer) {
  ClientUnderTest app({}, {"a"});
  TestPeer* const peer = app.NewPeer();
  const Outcome* const upgrade = app.Upgrade(peer);
  EXPECT_EQ(app.client->in_flight(), 1u);
  EXPECT_EQ(app.levels.in_flight->value(), 1);
  app.Stream("a").AnswerAll();
  EXPECT_EQ(upgrade->times, 1);
  EXPECT_TRUE(upgrade->status.ok());
  const Outcome* const message = app.Message(peer);
  EXPECT_EQ(app.Stream("a").events().back().message().event().node(), "node-1");
  EXPECT_EQ(app.Stream("a").events().back().message().event().id(), message->id);
  app.Stream("a").AnswerWith(message->id, absl::StatusCode::kNotFound, "gone");
  EXPECT_EQ(message->status, absl::NotFoundError("gone"));
  EXPECT_EQ(app.client->in_flight(), 0u);
  EXPECT_EQ(app.levels.in_flight->value(), 0);
  EXPECT_EQ(app.metrics.hook_seconds.count(Hook::kMessage), 1u);
}

TEST(ApplicationClient, AnAnswerOfTheWrongKindIsInvalid) {
  ClientUnderTest app({}, {"a"});
  const Outcome* const message = app.Message(app.NewPeer());
  v1::SessionReply reply;
  v1::SessionAnswer* const answer = reply.mutable_replies()->add_answers();
  answer->set_event_id(message->id);
  answer->mutable_upgrade();
  app.Stream("a").Say(reply);
  EXPECT_EQ(message->times, 1);
  EXPECT_EQ(message->status.code(), absl::StatusCode::kInvalidArgument);
}

// ---- Deadlines ---------------------------------------------------------------------------------

TEST(ApplicationClient, AHookIsGivenUpAtItsDeadlineAndItsLateAnswerIgnored) {
  ClientUnderTest app({}, {"a"});
  TestPeer* const peer = app.NewPeer();
  const Outcome* const message = app.Message(peer, 1, seconds(3));
  app.AdvanceAlive(milliseconds(2950));
  EXPECT_EQ(message->times, 0);
  app.AdvanceAlive(milliseconds(150));
  EXPECT_EQ(message->times, 1);
  EXPECT_EQ(message->status.code(), absl::StatusCode::kDeadlineExceeded);
  EXPECT_THAT(MessageOf(*message), HasSubstr("3s"));
  EXPECT_EQ(app.client->in_flight(), 0u);
  app.Stream("a").AnswerAll();
  EXPECT_EQ(message->times, 1);
  EXPECT_EQ(app.metrics.hook_answers_ignored.value(), 1u);
}

TEST(ApplicationClient, ACallOfItsOwnIsEndedByTheConnectionAlone) {
  ClientUnderTest app({.mode = config::HookMode::kUnary}, {"a"});
  const Outcome* const message = app.Message(app.NewPeer(), 1, seconds(3));
  const Outcome* const upgrade = app.Upgrade(app.NewPeer(), seconds(3));
  app.Advance(seconds(4));  // its word is on its way
  EXPECT_EQ(message->times + upgrade->times, 0);
  app.addresses["a"].AnswerCall(absl::DeadlineExceededError(""));
  app.addresses["a"].AnswerCall();
  EXPECT_EQ(message->status.code(), absl::StatusCode::kDeadlineExceeded);
  EXPECT_TRUE(upgrade->status.ok());
  EXPECT_EQ(message->times, 1);
  EXPECT_EQ(upgrade->times, 1);
  EXPECT_EQ(app.client->in_flight(), 0u);
}

// ---- Nobody there ------------------------------------------------------------------------------

TEST(ApplicationClient, HooksWaitForTheFirstLookUp) {
  ClientUnderTest app;
  const Outcome* const message = app.Message(app.NewPeer());
  EXPECT_EQ(app.client->waiting(), 1u);
  EXPECT_EQ(app.levels.waiting->value(), 1);
  app.Resolve({"a"});
  app.Stream("a").Welcome();
  EXPECT_EQ(app.client->waiting(), 0u);
  app.Stream("a").AnswerAll();
  EXPECT_TRUE(message->status.ok());
  EXPECT_EQ(message->times, 1);
}

TEST(ApplicationClient, WhereNobodyIsFoundHooksFailAtOnceThoseInLineToo) {
  ClientUnderTest app;
  const Outcome* const waited = app.Message(app.NewPeer());
  app.client->OnAddresses(absl::UnavailableError("no such name"));
  EXPECT_EQ(waited->times, 1);
  EXPECT_TRUE(WasNeverSent(waited->status));
  EXPECT_THAT(MessageOf(*waited), HasSubstr("no such name"));
  const Outcome* const message = app.Message(app.NewPeer());
  EXPECT_TRUE(WasNeverSent(message->status));
  EXPECT_EQ(app.looked_again, 2);
  app.Resolve({});
  EXPECT_THAT(MessageOf(*app.Message(app.NewPeer())), HasSubstr("no address"));
  EXPECT_EQ(app.levels.waiting->value(), 0);
}

TEST(ApplicationClient, WhereNobodyCanBeReachedHooksFailAtOnceThoseInLineToo) {
  ClientUnderTest app;
  app.Resolve({"a", "b"});
  const Outcome* const waited = app.Message(app.NewPeer());
  app.Stream("a").End(absl::UnavailableError("refused"));
  EXPECT_EQ(waited->times, 0);  // b may be well
  app.Stream("b").End(absl::UnavailableError("refused"));
  EXPECT_EQ(waited->times, 1);
  EXPECT_TRUE(WasNeverSent(waited->status));
  const Outcome* const upgrade = app.Upgrade(app.NewPeer());
  EXPECT_TRUE(WasNeverSent(upgrade->status));
  EXPECT_GE(app.looked_again, 1);
}

TEST(ApplicationClient, AnErrorOfALookUpLeavesWhatIsConnected) {
  ClientUnderTest app({}, {"a"});
  for (int i = 0; i < 5; ++i) app.client->OnAddresses(absl::UnavailableError("timeout"));
  const Outcome* const message = app.Message(app.NewPeer());
  app.Stream("a").AnswerAll();
  EXPECT_TRUE(message->status.ok());
}

TEST(ApplicationClient, WhatALostStreamHeldFailsAsMaybeReceived) {
  ClientUnderTest app({}, {"a"});
  const Outcome* const upgrade = app.Upgrade(app.NewPeer());
  const Outcome* const message = app.Message(app.NewPeer());
  app.Stream("a").End(absl::UnavailableError(""));
  for (const Outcome* const outcome : {upgrade, message}) {
    EXPECT_EQ(outcome->times, 1);
    EXPECT_EQ(outcome->status.code(), absl::StatusCode::kUnavailable);
    EXPECT_FALSE(WasNeverSent(outcome->status));
  }
  EXPECT_EQ(app.client->in_flight(), 0u);
}

TEST(ApplicationClient, AHookThatOneAddressDoesNotWantIsSkippedThere) {
  ClientUnderTest app({}, {"a"});
  TestPeer* const peer = app.NewPeer();
  app.Stream("a").AnswerWith(app.Message(peer)->id, absl::StatusCode::kUnimplemented);
  const Outcome* const message = app.Message(peer);
  EXPECT_EQ(message->status.code(), absl::StatusCode::kUnimplemented);
  EXPECT_EQ(app.Stream("a").events().size(), 1u);
  app.Close(peer);
  EXPECT_EQ(app.Stream("a").events().size(), 2u);
}

// ---- Addresses ---------------------------------------------------------------------------------

TEST(ApplicationClient, AnAddressThatIsMissingThreeTimesIsLeft) {
  ClientUnderTest app({}, {"a", "b"});
  app.Resolve({"a"});
  app.Resolve({"a"});
  app.Resolve({"a", "b"});  // it was not gone
  app.Resolve({"a"});
  app.Resolve({"a"});
  EXPECT_THAT(app.Stream("b").written(), ElementsAre("hello 1 node-1"));
  app.Resolve({"a"});
  ASSERT_THAT(app.Stream("b").written(),
              ElementsAre("hello 1 node-1", HasSubstr("go_away this address is not"), "done"));
  // In order: the call is not cut off.
  EXPECT_FALSE(app.Stream("b").over());
  app.Stream("b").End(absl::OkStatus());
  app.Advance(seconds(2));
  EXPECT_EQ(app.addresses["b"].connections(), 0);
  EXPECT_EQ(app.addresses["a"].connections(), 1);
  EXPECT_EQ(app.metrics.hook_streams.value(), 1);
}

TEST(ApplicationClient, TheAnswersOfAnAddressThatIsLeftAreAwaited) {
  ClientUnderTest app({}, {"a"});
  const Outcome* const message = app.Message(app.NewPeer());
  for (int i = 0; i < 3; ++i) app.Resolve({"b"});
  app.Advance(seconds(2));
  EXPECT_EQ(message->times, 0);
  app.Stream("a").AnswerAll();
  EXPECT_TRUE(message->status.ok());
  EXPECT_EQ(message->times, 1);
  app.Stream("a").End(absl::OkStatus());
  app.Advance(seconds(2));
  EXPECT_EQ(app.addresses["a"].connections(), 0);
}

TEST(ApplicationClient, ACallInFlightKeepsAnAddressThatIsLeft) {
  ClientUnderTest app({.mode = config::HookMode::kUnary}, {"a"});
  const Outcome* const message = app.Message(app.NewPeer(), 1, seconds(3));
  for (int i = 0; i < 3; ++i) app.Resolve({"b"});
  app.Advance(seconds(4));
  ASSERT_EQ(app.addresses["a"].connections(), 1);
  app.addresses["a"].AnswerCall();
  EXPECT_EQ(message->times, 1);
  app.Advance(seconds(2));
  EXPECT_EQ(app.addresses["a"].connections(), 0);
}

TEST(ApplicationClient, AnAddressThatCannotBeReachedIsLeftAtOnceWhereItIsMissing) {
  ClientUnderTest app({}, {"a", "b"});
  app.Stream("b").End(absl::UnavailableError(""));
  app.Resolve({"a", "b"});
  EXPECT_EQ(app.addresses["b"].connections(), 1);
  app.Resolve({"a"});
  EXPECT_EQ(app.addresses["b"].connections(), 0);
  app.Advance(seconds(5));
  EXPECT_EQ(app.addresses["b"].sessions().size(), 1u);
}

TEST(ApplicationClient, AnAddressThatReturnsIsConnectedAnew) {
  ClientUnderTest app({}, {"a", "b"});
  for (int i = 0; i < 3; ++i) app.Resolve({"a"});
  app.Resolve({"a", "b"});
  EXPECT_EQ(app.addresses["b"].sessions().size(), 2u);
  EXPECT_EQ(app.addresses["b"].connections(), 2);  // the old one has not ended
  app.Stream("b").Welcome();
  EXPECT_EQ(app.metrics.hook_streams.value(), 3);
}

TEST(ApplicationClient, AnAddressThatIsNamedTwiceIsOne) {
  ClientUnderTest app;
  app.Resolve({"a", "a"});
  EXPECT_EQ(app.addresses["a"].sessions().size(), 1u);
}

TEST(ApplicationClient, AnAddressHasSoManyConnectionsWithASessionEach) {
  ClientUnderTest app({.sessions = 3}, {"a"});
  EXPECT_EQ(app.addresses["a"].sessions().size(), 3u);
  EXPECT_EQ(app.addresses["a"].connections(), 3);
  for (int i = 0; i < 30; ++i) app.Message(app.NewPeer());
  for (const auto& session : app.addresses["a"].sessions()) EXPECT_EQ(session->owed().size(), 10u);
}

// ---- Affinity ----------------------------------------------------------------------------------

// The stream that owes an answer, by name; "" for none.
std::string Where(ClientUnderTest* app, const std::string& id) {
  for (auto& [name, address] : app->addresses) {
    for (const auto& session : address.sessions()) {
      const auto& owed = session->owed();
      if (std::find(owed.begin(), owed.end(), id) != owed.end()) return name;
    }
  }
  return "";
}

void AnswerEverything(ClientUnderTest* app) {
  for (auto& [name, address] : app->addresses) {
    for (const auto& session : address.sessions()) session->AnswerAll();
  }
}

std::string SendAndAnswer(ClientUnderTest* app, TestPeer* peer) {
  std::string where = Where(app, app->Message(peer)->id);
  AnswerEverything(app);
  return where;
}

TEST(ApplicationClient, APeersEventsGoWhereTheyWentBefore) {
  ClientUnderTest app({}, {"a", "b", "c"});
  std::map<TestPeer*, std::string> places;
  for (int i = 0; i < 9; ++i) {
    TestPeer* const peer = app.NewPeer();
    places[peer] = SendAndAnswer(&app, peer);
  }
  for (int round = 0; round < 5; ++round) {
    for (const auto& [peer, place] : places) EXPECT_EQ(SendAndAnswer(&app, peer), place);
  }
}

TEST(ApplicationClient, APeerMovesWhereItsPlaceIsGone) {
  ClientUnderTest app({}, {"a", "b"});
  TestPeer* const peer = app.NewPeer();
  const std::string first = SendAndAnswer(&app, peer);
  const std::string other = first == "a" ? "b" : "a";
  app.Stream(first).End(absl::UnavailableError(""));
  EXPECT_EQ(SendAndAnswer(&app, peer), other);
  app.Advance(milliseconds(250));
  app.Stream(first).Welcome();
  EXPECT_EQ(SendAndAnswer(&app, peer), other);  // and stays
}

TEST(ApplicationClient, APeerMovesWhereItsPlaceIsFull) {
  ClientUnderTest app;
  app.Resolve({"a", "b"});
  app.Stream("a").Welcome(2);
  app.Stream("b").Welcome(2);
  TestPeer* const peer = app.NewPeer();
  const std::string first = SendAndAnswer(&app, peer);
  // Upgrades belong to nobody; they fill one and then the other.
  std::vector<const Outcome*> upgrades;
  while (app.Stream(first).owed().size() < 2) upgrades.push_back(app.Upgrade(app.NewPeer()));
  const std::string other = first == "a" ? "b" : "a";
  const auto owed = app.Stream(other).owed();
  app.Stream(other).Answer(owed);
  EXPECT_EQ(Where(&app, app.Message(peer)->id), other);
}

TEST(ApplicationClient, PeersSpreadWhenAnAddressIsAdded) {
  ClientUnderTest app({}, {"a", "b"});
  for (int i = 0; i < 200; ++i) SendAndAnswer(&app, app.NewPeer());
  app.Resolve({"a", "b", "c"});
  app.Stream("c").Welcome();
  std::map<std::string, int> places;
  for (TestPeer& peer : app.peers) SendAndAnswer(&app, &peer);
  for (TestPeer& peer : app.peers) ++places[SendAndAnswer(&app, &peer)];
  const auto [fewest, most] = std::minmax({places["a"], places["b"], places["c"]});
  EXPECT_GE(fewest, 58);
  EXPECT_LE(most, fewest + fewest / 8 + 1);
  // And then they stay.
  std::map<TestPeer*, std::string> settled;
  for (TestPeer& peer : app.peers) settled[&peer] = SendAndAnswer(&app, &peer);
  for (TestPeer& peer : app.peers) EXPECT_EQ(SendAndAnswer(&app, &peer), settled[&peer]);
}

TEST(ApplicationClient, APlaceHasOnePeerLessWhenAPeerEnds) {
  PeerCount count;
  {
    Affinity affinity;
    boost::intrusive_ptr<PeerCount> place(new PeerCount);
    affinity.MoveTo(place.get());
    EXPECT_EQ(place->peers, 1u);
    const boost::intrusive_ptr<PeerCount> other(new PeerCount);
    affinity.MoveTo(other.get());
    EXPECT_EQ(place->peers, 0u);
    EXPECT_EQ(other->peers, 1u);
    affinity.MoveTo(place.get());
    {
      Affinity second;
      second.MoveTo(place.get());
      EXPECT_EQ(place->peers, 2u);
    }
    EXPECT_EQ(place->peers, 1u);
    place.reset();  // the peer may outlive it
  }
}

TEST(ApplicationClient, AnAddressThatIsEjectedIsUsedWhereThereIsNoOtherAndAgainLater) {
  ClientUnderTest app({.mode = config::HookMode::kUnary, .breaker = {.failures = 0}}, {"a", "b"});
  const auto expire = [&](const std::string& name) {
    // As many peers as it takes for one to come here.
    for (;;) {
      app.Message(app.NewPeer());
      const bool here = !app.addresses[name].calls().empty();
      for (auto& [other, address] : app.addresses) {
        while (!address.calls().empty()) {
          address.AnswerCall(other == name ? absl::DeadlineExceededError("") : absl::OkStatus());
        }
      }
      if (here) return;
    }
  };
  for (int i = 0; i < 3; ++i) expire("a");
  EXPECT_EQ(app.metrics.addresses_ejected.value(), 1u);
  for (int i = 0; i < 20; ++i) {
    app.Message(app.NewPeer());
    EXPECT_THAT(app.addresses["a"].calls(), IsEmpty());
    app.addresses["b"].AnswerCall();
  }
  app.Advance(seconds(11));
  for (int i = 0; i < 40; ++i) app.Message(app.NewPeer());
  EXPECT_THAT(app.addresses["a"].calls(), ::testing::Not(IsEmpty()));
}

// ---- The breaker -------------------------------------------------------------------------------

TEST(ApplicationClient, TheBreakerOpensAndOneHookDecidesWhetherItCloses) {
  ClientUnderTest app({.breaker = {.failures = 3, .pause = milliseconds(2000)}}, {"a"});
  for (int i = 0; i < 3; ++i) app.Message(app.NewPeer(), 1, seconds(1));
  app.AdvanceAlive(milliseconds(1200));
  EXPECT_EQ(app.levels.breakers_open->value(), 1);
  EXPECT_EQ(app.metrics.breakers_opened.value(), 1u);
  const size_t sent = app.Stream("a").events().size();
  const Outcome* const refused = app.Message(app.NewPeer());
  EXPECT_TRUE(WasNeverSent(refused->status));
  EXPECT_THAT(MessageOf(*refused), HasSubstr("left alone for 2s"));
  app.AdvanceAlive(seconds(2));
  // Half open: one goes, and fails.
  const Outcome* attempt = app.Message(app.NewPeer(), 1, seconds(1));
  EXPECT_TRUE(WasNeverSent(app.Message(app.NewPeer())->status));
  EXPECT_EQ(app.Stream("a").events().size(), sent + 1);
  app.AdvanceAlive(milliseconds(1200));
  EXPECT_EQ(attempt->status.code(), absl::StatusCode::kDeadlineExceeded);
  EXPECT_TRUE(WasNeverSent(app.Message(app.NewPeer())->status));
  app.AdvanceAlive(seconds(2));
  // The next is answered.
  attempt = app.Message(app.NewPeer());
  app.Stream("a").Answer({attempt->id});
  EXPECT_TRUE(attempt->status.ok());
  EXPECT_EQ(app.levels.breakers_open->value(), 0);
  app.Message(app.NewPeer());
  app.Message(app.NewPeer());
  EXPECT_EQ(app.Stream("a").events().size(), sent + 4);
}

TEST(ApplicationClient, WhatWasSentBeforeTheBreakerOpenedDoesNotEndItsAttempt) {
  ClientUnderTest app({.breaker = {.failures = 1, .pause = milliseconds(500)}}, {"a"});
  app.Message(app.NewPeer(), 1, seconds(1));
  const Outcome* const old = app.Message(app.NewPeer(), 1, seconds(2));
  app.AdvanceAlive(milliseconds(1700));
  const Outcome* const attempt = app.Message(app.NewPeer(), 1, seconds(5));
  app.AdvanceAlive(milliseconds(500));
  EXPECT_EQ(old->status.code(), absl::StatusCode::kDeadlineExceeded);
  app.AdvanceAlive(seconds(1));
  EXPECT_TRUE(WasNeverSent(app.Message(app.NewPeer())->status));  // the attempt is not over
  app.Stream("a").Answer({attempt->id});
  EXPECT_EQ(app.levels.breakers_open->value(), 0);
}

TEST(ApplicationClient, AnAttemptThatIsLostIsFollowedByAnother) {
  ClientUnderTest app({.breaker = {.failures = 1, .pause = milliseconds(500)}}, {"a"});
  app.Message(app.NewPeer(), 1, seconds(1));
  app.AdvanceAlive(milliseconds(1700));
  const Outcome* const attempt = app.Message(app.NewPeer());
  app.Stream("a").End(absl::UnavailableError(""));
  EXPECT_EQ(attempt->status.code(), absl::StatusCode::kUnavailable);
  EXPECT_EQ(app.levels.breakers_open->value(), 1);
  app.Advance(milliseconds(250));
  app.Stream("a").Welcome();
  const Outcome* const another = app.Message(app.NewPeer());
  app.Stream("a").Answer({another->id});
  EXPECT_TRUE(another->status.ok());
  EXPECT_EQ(app.levels.breakers_open->value(), 0);
}

// ---- The end -----------------------------------------------------------------------------------

TEST(ApplicationClient, TakesLeaveOfAllAndTellsWhenTheyKnow) {
  ClientUnderTest app({}, {"a", "b"});
  bool left = false;
  app.client->Leave([&] { left = true; });
  for (const std::string name : {"a", "b"}) {
    EXPECT_THAT(app.Stream(name).written(),
                ElementsAre("hello 1 node-1", "go_away the node is shutting down", "done"));
    EXPECT_FALSE(left);
    app.Stream(name).End(absl::OkStatus());
  }
  EXPECT_TRUE(left);
}

TEST(ApplicationClient, WithNobodyToTakeLeaveOfItIsDoneAtOnce) {
  for (const auto mode : {config::HookMode::kAuto, config::HookMode::kUnary}) {
    ClientUnderTest app({.mode = mode});
    if (mode == config::HookMode::kUnary) app.Resolve({"a"});
    bool left = false;
    app.client->Leave([&] { left = true; });
    EXPECT_TRUE(left);
  }
}

TEST(ApplicationClient, ANodeThatEndsWaitsForNoFurtherAddress) {
  ClientUnderTest app;
  const Outcome* const waiting = app.Message(app.NewPeer());
  bool left = false;
  app.client->Leave([&] { left = true; });
  EXPECT_TRUE(left);
  EXPECT_TRUE(WasNeverSent(waiting->status));
  app.Resolve({"a"});
  EXPECT_THAT(app.addresses, IsEmpty());
}

TEST(ApplicationClient, AnAddressThatIsFoundWhileTheNodeEndsIsNotConnected) {
  ClientUnderTest app({}, {"a"});
  bool left = false;
  app.client->Leave([&] { left = true; });
  for (int i = 0; i < 3; ++i) app.Resolve({"b"});
  EXPECT_EQ(app.addresses.count("b"), 0u);
  EXPECT_FALSE(app.Stream("a").over());
  app.Stream("a").End(absl::OkStatus());
  EXPECT_TRUE(left);
}

TEST(ApplicationClient, LeaveMayBeTakenByTheLastHooksDone) {
  ClientUnderTest app({}, {"a"});
  Outcome* const close = app.Close(app.NewPeer());
  bool left = false;
  close->then = [&] { app.client->Leave([&] { left = true; }); };
  app.Stream("a").AnswerAll();
  EXPECT_EQ(app.Stream("a").written().back(), "done");
  app.Stream("a").End(absl::OkStatus());
  EXPECT_TRUE(left);
}

TEST(ApplicationClient, DestroyedWithEverythingInFlightItCallsNobody) {
  ClientUnderTest app({.sessions = 2, .max_in_flight = 20});
  app.Resolve({"a", "b", "c", "d"});
  app.Stream("a").Welcome(10);
  app.addresses["b"].sessions()[0]->End(absl::UnimplementedError(""));
  app.addresses["b"].sessions()[1]->End(absl::UnimplementedError(""));
  app.addresses["c"].sessions()[0]->End(absl::UnavailableError(""));
  for (int i = 0; i < 50; ++i) app.Message(app.NewPeer());
  for (int i = 0; i < 10; ++i) app.Upgrade(app.NewPeer());
  app.Resolve({"a", "b", "c"});
  for (int i = 0; i < 3; ++i) app.Resolve({"b"});
  EXPECT_EQ(app.client->in_flight(), 20u);
  EXPECT_GT(app.client->waiting(), 0u);
  app.client.reset();
  for (const Outcome& outcome : app.outcomes) EXPECT_EQ(outcome.times, 0);
  EXPECT_EQ(app.levels.in_flight->value(), 0);
  EXPECT_EQ(app.levels.waiting->value(), 0);
  EXPECT_EQ(app.metrics.hook_streams.value(), 0);
  for (auto& [name, address] : app.addresses) EXPECT_EQ(address.connections(), 0);
  app.Advance(seconds(90));  // no timer of it is left
}

TEST(ApplicationClient, DestroyedWithItsBreakerOpenItIsNotCountedAnyMore) {
  ClientUnderTest app({.breaker = {.failures = 1, .pause = milliseconds(500)}}, {"a"});
  app.Message(app.NewPeer(), 1, seconds(1));
  app.AdvanceAlive(milliseconds(1200));
  EXPECT_EQ(app.levels.breakers_open->value(), 1);
  app.client.reset();
  EXPECT_EQ(app.levels.breakers_open->value(), 0);
}

}  // namespace
}  // namespace hookcast::hooks
