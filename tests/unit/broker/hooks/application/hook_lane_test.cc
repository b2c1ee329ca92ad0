#include "broker/hooks/application/hook_lane.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <deque>
#include <memory>
#include <string>
#include <utility>
#include <vector>

#include "absl/strings/str_cat.h"
#include "broker/hooks/hook_failure.h"
#include "tests/fakes/hooks/fake_address.h"
#include "tests/fakes/manual_clock.h"

namespace hookcast::hooks {
namespace {

using std::chrono::milliseconds;
using std::chrono::seconds;
using ::testing::ElementsAre;
using ::testing::HasSubstr;
using ::testing::IsEmpty;
using State = HookLane::State;

constexpr size_t kLarge = HookLane::kMostStreamedBytes + 1;

class HookLaneTest : public ::testing::Test {
 protected:
  void Start(config::HookMode mode = config::HookMode::kAuto) {
    lane = std::make_unique<HookLane>(
        HookLane::Facts{"dns:///app", "ipv4:192.0.2.1:50051", "node-1", mode}, address.Connect(),
        &timers, &metrics,
        HookLane::Callbacks{.changed = [this] { ++changes; },
                            .answered =
                                [this](PendingHook* hook, const HookAnswer& answer) {
                                  last_status = answer.status();
                                  told.push_back(absl::StrCat(
                                      hook->event_id, " ",
                                      absl::StatusCodeToString(answer.status().code())));
                                }});
  }
  void StartOpen(config::HookMode mode = config::HookMode::kAuto) {
    Start(mode);
    address.last().Welcome();
    ASSERT_EQ(lane->state(), State::kOpen);
  }
  // With unary calls in the place of a Session that the application does not have.
  void StartUnary() {
    Start();
    address.last().End(absl::UnimplementedError(""));
    ASSERT_EQ(lane->state(), State::kOpen);
  }

  PendingHook* Send(const std::string& id, Hook hook = Hook::kMessage, size_t bytes = 10,
                    Duration deadline = seconds(5)) {
    PendingHook& pending = hooks.emplace_back(nullptr, [](ApplicationClient*, PendingHook*) {});
    pending.hook = hook;
    pending.event_id = id;
    pending.bytes = bytes;
    pending.deadline = deadline;
    pending.began = timers.Now();
    v1::Event* const event = hook == Hook::kUpgrade
                                 ? pending.event.mutable_upgrade()->mutable_event()
                                 : pending.event.mutable_message()->mutable_event();
    event->set_id(id);
    EXPECT_TRUE(lane->CanTake(hook, bytes));
    lane->Send(&pending);
    return &pending;
  }
  void Advance(Duration by) {
    for (Duration step = milliseconds(50); by > Duration::zero(); by -= step) {
      clock.Advance(std::min(by, step));
      timers.Advance();
    }
  }
  // Time in which a stream that was opened counts as one that lasts.
  void Last() {
    Advance(milliseconds(1500));
    EXPECT_EQ(lane->state(), State::kOpen);
  }
  size_t streams() const { return address.sessions().size(); }

  fakes::ManualClock clock;
  ShardTimers timers{nullptr, &clock};
  metrics::Catalogue metrics;
  fakes::FakeAddress address;
  std::deque<PendingHook> hooks;
  std::vector<std::string> told;
  absl::Status last_status;
  int changes = 0;
  std::unique_ptr<HookLane> lane;
};

TEST_F(HookLaneTest, ConnectsUntilItIsWelcome) {
  Start();
  EXPECT_EQ(lane->state(), State::kConnecting);
  EXPECT_FALSE(lane->streams());
  EXPECT_FALSE(lane->quiet());
  EXPECT_FALSE(lane->CanTake(Hook::kMessage, 1));
  address.last().Welcome();
  EXPECT_EQ(lane->state(), State::kOpen);
  EXPECT_TRUE(lane->streams());
  EXPECT_EQ(changes, 1);
  Send("a");
  EXPECT_EQ(lane->in_flight(), 1u);
  address.last().AnswerAll();
  EXPECT_EQ(lane->in_flight(), 0u);
  EXPECT_THAT(told, ElementsAre("a OK"));
}

// ---- A stream that is lost ---------------------------------------------------------------------

TEST_F(HookLaneTest, ALostStreamFailsWhatItHeldAsMaybeReceived) {
  StartOpen();
  Send("a");
  Send("u", Hook::kUpgrade);
  address.last().End(absl::InternalError("reset"));
  EXPECT_THAT(told, ::testing::UnorderedElementsAre("a UNAVAILABLE", "u UNAVAILABLE"));
  EXPECT_FALSE(WasNeverSent(last_status));
  EXPECT_THAT(std::string(last_status.message()), HasSubstr("reset"));
  EXPECT_EQ(lane->state(), State::kFailed);
  EXPECT_EQ(lane->in_flight(), 0u);
  EXPECT_EQ(metrics.hook_streams.value(), 0);
  EXPECT_EQ(metrics.hook_streams_lost.value(), 1u);
}

TEST_F(HookLaneTest, ALostStreamIsOpenedAgainWithinASecond) {
  StartOpen();
  Last();
  for (size_t attempt = 2; attempt < 20; ++attempt) {
    address.last().End(absl::UnavailableError(""));
    EXPECT_EQ(lane->state(), State::kFailed);
    EXPECT_EQ(streams(), attempt - 1);  // not at once
    Advance(milliseconds(1150));
    ASSERT_EQ(streams(), attempt);
    EXPECT_EQ(lane->state(), State::kFailed);  // until it is welcome
  }
  address.last().Welcome();
  EXPECT_EQ(lane->state(), State::kOpen);
  EXPECT_EQ(metrics.hook_streams_lost.value(), 1u);
  Last();
  // The pauses begin anew.
  address.last().End(absl::UnavailableError(""));
  Advance(milliseconds(250));
  EXPECT_EQ(streams(), 20u);
}

TEST_F(HookLaneTest, StreamsThatEndAsSoonAsTheyOpenAreOpenedLaterAndLater) {
  Start();
  for (int i = 0; i < 10; ++i) {
    address.last().Welcome();
    address.last().End(absl::UnavailableError(""));
    Advance(milliseconds(1200));
  }
  const size_t before = streams();
  address.last().Welcome();
  address.last().End(absl::UnavailableError(""));
  Advance(milliseconds(400));
  EXPECT_EQ(streams(), before);
}

TEST_F(HookLaneTest, TheLogTellsThatAStreamWasLostAndOnceItLastsThatItIsOpenAgain) {
  StartOpen();
  Last();
  const auto logged = [this](auto act) {
    ::testing::internal::CaptureStderr();
    act();
    return ::testing::internal::GetCapturedStderr();
  };
  EXPECT_THAT(logged([this] { address.last().End(absl::InternalError("reset")); }),
              HasSubstr("the stream to an application was lost"));
  // Again and again it opens, and does not last.
  EXPECT_EQ(logged([this] {
              for (int i = 0; i < 5; ++i) {
                const size_t before = streams();
                while (streams() == before) Advance(milliseconds(50));
                address.last().Welcome();
                address.last().End(absl::InternalError("reset"));
              }
            }),
            "");
  const std::string lasted = logged([this] {
    const size_t before = streams();
    while (streams() == before) Advance(milliseconds(50));
    address.last().Welcome();
    Last();
    Last();
  });
  const size_t told_at = lasted.find("the stream to an application is open again");
  ASSERT_NE(told_at, std::string::npos) << lasted;
  EXPECT_EQ(lasted.find("open again", told_at + 40), std::string::npos) << lasted;
  EXPECT_THAT(lasted, HasSubstr("ipv4:192.0.2.1:50051"));
}

TEST_F(HookLaneTest, AStreamThatBreaksTheProtocolIsOpenedAgain) {
  StartOpen();
  Send("a");
  address.last().Say({});
  EXPECT_THAT(told, ElementsAre("a UNAVAILABLE"));
  EXPECT_EQ(lane->state(), State::kFailed);
  Advance(milliseconds(250));
  EXPECT_EQ(streams(), 2u);
}

// ---- Going away --------------------------------------------------------------------------------

TEST_F(HookLaneTest, WhereTheApplicationGoesAwayANewStreamIsOpenedAtOnce) {
  StartOpen();
  Last();
  Send("a");
  changes = 0;
  address.last().GoAway("a new release");
  ASSERT_EQ(streams(), 2u);
  EXPECT_EQ(changes, 1);
  EXPECT_EQ(lane->state(), State::kConnecting);
  EXPECT_FALSE(lane->CanTake(Hook::kClose, 1));
  address.last().Welcome();
  Send("b");
  EXPECT_THAT(address.sessions()[1]->owed(), ElementsAre("b"));
  address.sessions()[0]->AnswerAll();
  address.sessions()[0]->End(absl::OkStatus());
  EXPECT_EQ(lane->state(), State::kOpen);
  address.sessions()[1]->AnswerAll();
  EXPECT_THAT(told, ElementsAre("a OK", "b OK"));
  EXPECT_EQ(metrics.hook_streams.value(), 1);
}

TEST_F(HookLaneTest, AnApplicationThatGoesAwayOnEachStreamIsNotAskedWithoutAPause) {
  StartOpen();
  for (int i = 0; i < 600; ++i) {
    address.last().Welcome();
    address.last().GoAway("again");
    Advance(milliseconds(50));
  }
  // 30 s in which a stream lasted for no time.
  EXPECT_LT(streams(), 70u);
  EXPECT_GT(streams(), 25u);
  EXPECT_NE(lane->state(), State::kFailed);
}

TEST_F(HookLaneTest, WhatAStreamThatGoesAwayLosesFailsToo) {
  StartOpen();
  Last();
  Send("a");
  address.last().GoAway("");
  address.last().Welcome();
  address.sessions()[0]->End(absl::UnavailableError(""));
  EXPECT_THAT(told, ElementsAre("a UNAVAILABLE"));
  EXPECT_EQ(lane->state(), State::kOpen);
  EXPECT_EQ(lane->in_flight(), 0u);
}

TEST_F(HookLaneTest, AHookOfAStreamThatGoesAwayCanBeGivenUp) {
  StartOpen();
  Last();
  PendingHook* const hook = Send("a");
  address.last().GoAway("");
  address.last().Welcome();
  lane->GiveUp(hook);
  EXPECT_EQ(lane->in_flight(), 0u);
  EXPECT_EQ(address.sessions()[0]->written().back(), "done");
  address.sessions()[0]->AnswerAll();
  EXPECT_THAT(told, IsEmpty());
}

TEST_F(HookLaneTest, OnceLeftItOpensNothingAndIsQuietWhenAllStreamsHaveEnded) {
  StartOpen();
  Send("a");
  lane->Leave("the node ends");
  EXPECT_EQ(lane->state(), State::kFailed);
  EXPECT_FALSE(lane->quiet());
  address.last().AnswerAll();
  changes = 0;
  address.last().End(absl::OkStatus());
  EXPECT_EQ(changes, 1);
  EXPECT_TRUE(lane->quiet());
  Advance(seconds(90));
  EXPECT_EQ(streams(), 1u);
}

TEST_F(HookLaneTest, LeftWhileItGreetsItIsQuietAtOnce) {
  Start();
  lane->Leave("the node ends");
  EXPECT_TRUE(lane->quiet());
  EXPECT_TRUE(address.last().cancelled());
}

TEST_F(HookLaneTest, LeftWhileItWaitsToOpenItOpensNothing) {
  StartOpen();
  address.last().End(absl::UnavailableError(""));
  lane->Leave("the node ends");
  Advance(seconds(90));
  EXPECT_EQ(streams(), 1u);
  EXPECT_TRUE(lane->quiet());
}

TEST_F(HookLaneTest, DestroyedWithAnOpenStreamItLeavesNoTraceInTheMetrics) {
  StartOpen();
  Send("a");
  lane.reset();
  EXPECT_EQ(metrics.hook_streams.value(), 0);
  EXPECT_THAT(told, IsEmpty());
}

// ---- Unary -------------------------------------------------------------------------------------

TEST_F(HookLaneTest, AnApplicationWithoutSessionIsCalledOnceForEachHook) {
  StartUnary();
  EXPECT_FALSE(lane->streams());
  EXPECT_TRUE(lane->CanTake(Hook::kMessage, kLarge));
  PendingHook* const hook = Send("a", Hook::kMessage, 10, seconds(3));
  EXPECT_EQ(address.OldestCall(), "a");
  EXPECT_EQ(address.calls()[0].deadline, Duration(seconds(3)));
  EXPECT_FALSE(hook->deadline_timer.scheduled());
  address.AnswerCall();
  EXPECT_THAT(told, ElementsAre("a OK"));
}

TEST_F(HookLaneTest, ACallOfAnUpgradeHasWhatTimeIsLeftOfItsDeadline) {
  StartUnary();
  PendingHook upgrade(nullptr, [](ApplicationClient*, PendingHook*) {});
  upgrade.hook = Hook::kUpgrade;
  upgrade.event.mutable_upgrade();
  upgrade.began = timers.Now();
  upgrade.deadline = seconds(5);
  timers.Schedule(&upgrade.deadline_timer, upgrade.deadline);
  Advance(seconds(2));
  lane->Send(&upgrade);
  EXPECT_EQ(address.calls().at(0).deadline, Duration(seconds(3)));
  EXPECT_FALSE(upgrade.deadline_timer.scheduled());
  address.AnswerCall();
}

TEST_F(HookLaneTest, SessionIsTriedAgainAfterSixtySeconds) {
  StartUnary();
  Advance(milliseconds(59'900));
  EXPECT_EQ(streams(), 1u);
  Advance(milliseconds(200));
  ASSERT_EQ(streams(), 2u);
  EXPECT_EQ(lane->state(), State::kOpen);  // by calls, meanwhile
  Send("a");
  EXPECT_EQ(address.OldestCall(), "a");
  address.last().Welcome();
  EXPECT_TRUE(lane->streams());
  Send("b");
  EXPECT_THAT(address.last().owed(), ElementsAre("b"));
  address.AnswerCall();
  address.last().AnswerAll();
  EXPECT_THAT(told, ElementsAre("a OK", "b OK"));
}

TEST_F(HookLaneTest, ASessionThatIsStillUnimplementedIsLeftForAnotherMinute) {
  StartUnary();
  Advance(milliseconds(60'100));
  ASSERT_EQ(streams(), 2u);
  address.last().End(absl::UnimplementedError(""));
  EXPECT_EQ(lane->state(), State::kOpen);
  Advance(milliseconds(59'900));
  EXPECT_EQ(streams(), 2u);
  Advance(milliseconds(200));
  EXPECT_EQ(streams(), 3u);
}

TEST_F(HookLaneTest, AnApplicationThatLosesSessionIsCalledInstead) {
  StartOpen();
  address.last().End(absl::UnavailableError(""));
  Advance(milliseconds(250));
  address.last().End(absl::UnimplementedError(""));
  EXPECT_EQ(lane->state(), State::kOpen);
  Send("a");
  EXPECT_EQ(address.OldestCall(), "a");
}

TEST_F(HookLaneTest, InModeSessionItsLackIsAFailure) {
  Start(config::HookMode::kSession);
  address.last().End(absl::UnimplementedError(""));
  EXPECT_EQ(lane->state(), State::kFailed);
  Advance(milliseconds(250));
  EXPECT_EQ(streams(), 2u);
}

TEST_F(HookLaneTest, InModeUnaryNoStreamIsOpened) {
  Start(config::HookMode::kUnary);
  EXPECT_EQ(lane->state(), State::kOpen);
  Advance(seconds(70));
  EXPECT_EQ(streams(), 0u);
}

TEST_F(HookLaneTest, ByCallsItIsAsItsConnectionIs) {
  Start(config::HookMode::kUnary);
  using Connection = HookConnection::State;
  address.set_state(Connection::kTrying);
  EXPECT_EQ(lane->state(), State::kOpen);  // calls wait in the connection
  address.set_state(Connection::kFailed);
  EXPECT_EQ(lane->state(), State::kFailed);
  address.set_state(Connection::kTrying);
  EXPECT_EQ(lane->state(), State::kFailed);  // until it is known to be well
  address.set_state(Connection::kReady);
  EXPECT_EQ(lane->state(), State::kOpen);
}

TEST_F(HookLaneTest, AnAddressThatWasLostIsAskedForSessionAgainSoon) {
  StartUnary();
  address.set_state(HookConnection::State::kFailed);
  EXPECT_EQ(lane->state(), State::kFailed);
  Advance(milliseconds(250));
  ASSERT_EQ(streams(), 2u);
  address.last().End(absl::UnavailableError(""));  // it is still away
  Advance(milliseconds(1200));
  ASSERT_EQ(streams(), 3u);
  address.set_state(HookConnection::State::kReady);
  address.last().Welcome();
  EXPECT_TRUE(lane->streams());
}

TEST_F(HookLaneTest, WhatIsTooLargeForAStreamTravelsByACall) {
  StartOpen(config::HookMode::kSession);
  Send("limit", Hook::kMessage, kLarge - 1);
  Send("large", Hook::kMessage, kLarge);
  EXPECT_THAT(address.last().owed(), ElementsAre("limit"));
  EXPECT_EQ(address.OldestCall(), "large");
  EXPECT_EQ(lane->in_flight(), 2u);
  address.last().End(absl::UnavailableError(""));
  EXPECT_THAT(told, ElementsAre("limit UNAVAILABLE"));
  address.AnswerCall();
  EXPECT_THAT(told, ElementsAre("limit UNAVAILABLE", "large OK"));
  EXPECT_EQ(lane->in_flight(), 0u);
}

TEST_F(HookLaneTest, AnApplicationOfStreamsAloneRefusesALargeEventAndNoOther) {
  StartOpen();
  Send("large", Hook::kMessage, kLarge);
  address.AnswerCall(absl::UnimplementedError(""));
  EXPECT_THAT(told, ElementsAre("large RESOURCE_EXHAUSTED"));
  EXPECT_THAT(std::string(last_status.message()), HasSubstr("1048577 bytes"));
  EXPECT_TRUE(lane->Wants(Hook::kMessage).ok());
}

// ---- Hooks that are not wanted -----------------------------------------------------------------

TEST_F(HookLaneTest, AHookThatIsNotImplementedIsLeftOutForSixtySeconds) {
  StartOpen();
  Send("a");
  address.last().AnswerWith("a", absl::StatusCode::kUnimplemented);
  EXPECT_THAT(told, ElementsAre("a UNIMPLEMENTED"));
  EXPECT_EQ(lane->Wants(Hook::kMessage).code(), absl::StatusCode::kUnimplemented);
  EXPECT_TRUE(lane->Wants(Hook::kClose).ok());
  for (int i = 0; i < 59; ++i) {
    Advance(seconds(1));
    address.last().Pong(1);
  }
  EXPECT_FALSE(lane->Wants(Hook::kMessage).ok());
  Advance(seconds(1));
  EXPECT_TRUE(lane->Wants(Hook::kMessage).ok());
}

TEST_F(HookLaneTest, AnUpgradeIsAlwaysWanted) {
  StartOpen();
  Send("u", Hook::kUpgrade);
  address.last().AnswerWith("u", absl::StatusCode::kUnimplemented);
  EXPECT_TRUE(lane->Wants(Hook::kUpgrade).ok());
}

TEST_F(HookLaneTest, WhatIsLeftOutIsForgottenWithTheStream) {
  StartOpen();
  Send("a");
  address.last().AnswerWith("a", absl::StatusCode::kUnimplemented);
  address.last().End(absl::UnavailableError(""));
  EXPECT_TRUE(lane->Wants(Hook::kMessage).ok());
}

TEST_F(HookLaneTest, WhatIsLeftOutIsForgottenWithTheConnection) {
  for (const auto state : {HookConnection::State::kFailed, HookConnection::State::kTrying}) {
    address.set_state(HookConnection::State::kReady);
    Start(config::HookMode::kUnary);
    ASSERT_EQ(lane->state(), State::kOpen);
    Send("a");
    address.AnswerCall(absl::UnimplementedError(""));
    ASSERT_EQ(lane->state(), State::kOpen);
    EXPECT_FALSE(lane->Wants(Hook::kMessage).ok());
    address.set_state(state);
    lane->state();
    EXPECT_TRUE(lane->Wants(Hook::kMessage).ok());
  }
}

// ---- Addresses that do not answer --------------------------------------------------------------

TEST_F(HookLaneTest, ThreeCallsInARowWithoutAnAnswerEjectTheAddressForAWhile) {
  StartUnary();
  const auto expire = [&] {
    Send("a");
    address.AnswerCall(absl::DeadlineExceededError(""));
  };
  expire();
  expire();
  Send("b");
  address.AnswerCall();
  expire();
  expire();
  EXPECT_FALSE(lane->ejected());
  expire();
  EXPECT_TRUE(lane->ejected());
  EXPECT_EQ(metrics.addresses_ejected.value(), 1u);
  EXPECT_EQ(lane->state(), State::kOpen);  // better than nobody
  Advance(seconds(10));
  EXPECT_FALSE(lane->ejected());
  expire();  // one is enough now
  EXPECT_TRUE(lane->ejected());
  Send("c");
  address.AnswerCall();
  EXPECT_FALSE(lane->ejected());
}

TEST_F(HookLaneTest, WhatAStreamDoesNotAnswerInTimeEjectsNobody) {
  StartOpen();
  for (int i = 0; i < 5; ++i) lane->GiveUp(Send(absl::StrCat("m", i)));
  EXPECT_FALSE(lane->ejected());
  EXPECT_EQ(lane->in_flight(), 0u);
  EXPECT_THAT(told, IsEmpty());
}

TEST_F(HookLaneTest, GivingUpTheHookThatEndsTheStreamFailsTheOthers) {
  Start();
  address.last().Welcome(4);
  PendingHook* const first = Send("a");
  PendingHook* const second = Send("b");
  Send("c");
  lane->GiveUp(first);
  EXPECT_THAT(told, IsEmpty());
  lane->GiveUp(second);
  EXPECT_THAT(told, ElementsAre("c UNAVAILABLE"));
  EXPECT_EQ(lane->in_flight(), 0u);
  EXPECT_EQ(lane->state(), State::kFailed);
}

TEST_F(HookLaneTest, ALateAnswerThatFreesCreditIsAChange) {
  Start();
  address.last().Welcome(10);
  lane->GiveUp(Send("a"));
  changes = 0;
  address.last().Answer({"a"});
  EXPECT_EQ(changes, 1);
}

}  // namespace
}  // namespace hookcast::hooks
