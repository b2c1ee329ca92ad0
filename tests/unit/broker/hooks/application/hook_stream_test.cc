#include "broker/hooks/application/hook_stream.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <algorithm>
#include <deque>
#include <memory>
#include <string>
#include <utility>
#include <vector>

#include "absl/strings/str_cat.h"
#include "tests/fakes/hooks/fake_address.h"
#include "tests/fakes/manual_clock.h"

namespace hookcast::hooks {
namespace {

using std::chrono::milliseconds;
using std::chrono::seconds;
using ::testing::ElementsAre;
using ::testing::HasSubstr;
using ::testing::IsEmpty;

class HookStreamTest : public ::testing::Test {
 protected:
  HookStreamTest() {
    stream = std::make_unique<HookStream>(
        connection.get(), "node-1", &timers, &metrics,
        HookStream::Callbacks{.opened = [this] { told.push_back("opened"); },
                              .answered =
                                  [this](PendingHook* hook, const HookAnswer& answer) {
                                    told.push_back(absl::StrCat(
                                        "answered ", hook->event_id, " ",
                                        absl::StatusCodeToString(answer.status().code())));
                                  },
                              .freed = [this] { told.push_back("freed"); },
                              .left = [this] { told.push_back("left"); },
                              .ended =
                                  [this](HookStream* ended, const absl::Status& status,
                                         const std::vector<PendingHook*>& lost) {
                                    EXPECT_EQ(ended, stream.get());
                                    end = status;
                                    for (const PendingHook* hook : lost)
                                      lost_ids.push_back(hook->event_id);
                                    std::sort(lost_ids.begin(), lost_ids.end());
                                    told.push_back("ended");
                                    stream.reset();
                                  }});
    session = address.sessions().back();
  }

  PendingHook* NewHook(const std::string& id, Hook hook = Hook::kMessage, size_t bytes = 10) {
    PendingHook& pending = hooks.emplace_back(nullptr, [](ApplicationClient*, PendingHook*) {});
    pending.hook = hook;
    pending.event_id = id;
    pending.bytes = bytes;
    pending.event.mutable_message()->mutable_event()->set_id(id);
    return &pending;
  }
  PendingHook* Send(const std::string& id, Hook hook = Hook::kMessage, size_t bytes = 10) {
    EXPECT_TRUE(stream->CanTake(hook, bytes)) << id;
    PendingHook* const pending = NewHook(id, hook, bytes);
    stream->Send(pending);
    return pending;
  }
  void Advance(Duration by) {
    for (Duration step = milliseconds(50); by > Duration::zero(); by -= step) {
      clock.Advance(std::min(by, step));
      timers.Advance();
    }
  }
  std::vector<std::string> TakeTold() { return std::exchange(told, {}); }

  fakes::ManualClock clock;
  ShardTimers timers{nullptr, &clock};
  metrics::Catalogue metrics;
  fakes::FakeAddress address;
  std::unique_ptr<HookConnection> connection = address.Connect();
  std::deque<PendingHook> hooks;
  std::vector<std::string> told;
  absl::Status end;
  std::vector<std::string> lost_ids;
  std::unique_ptr<HookStream> stream;
  std::shared_ptr<fakes::FakeSession> session;
};

TEST_F(HookStreamTest, HelloGoesFirstAndNothingIsTakenBeforeTheWelcome) {
  EXPECT_THAT(session->written(), ElementsAre("hello 1 node-1"));
  EXPECT_FALSE(stream->open());
  EXPECT_FALSE(stream->CanTake(Hook::kMessage, 1));
  EXPECT_EQ(metrics.hook_streams.value(), 0);
  session->Welcome();
  EXPECT_THAT(told, ElementsAre("opened"));
  EXPECT_TRUE(stream->open());
  EXPECT_TRUE(stream->CanTake(Hook::kMessage, 1));
  EXPECT_EQ(metrics.hook_streams.value(), 1);
  Send("a");
  EXPECT_THAT(session->written(), ElementsAre("hello 1 node-1", "event a"));
}

TEST_F(HookStreamTest, WithoutAWelcomeItEndsAfterFiveSeconds) {
  Advance(milliseconds(4950));
  EXPECT_THAT(told, IsEmpty());
  session->Ping(1);  // life, but no welcome
  Advance(milliseconds(150));
  EXPECT_THAT(told, ElementsAre("ended"));
  EXPECT_THAT(std::string(end.message()), HasSubstr("no welcome"));
  EXPECT_TRUE(session->cancelled());
}

TEST_F(HookStreamTest, CreditOfEventsIsReturnedByAnswersInAnyOrder) {
  session->Welcome(20);
  for (int i = 0; i < 18; ++i) Send(absl::StrCat("m", i));
  EXPECT_FALSE(stream->CanTake(Hook::kMessage, 1));
  EXPECT_FALSE(stream->CanTake(Hook::kOpen, 1));
  EXPECT_FALSE(stream->CanTake(Hook::kError, 1));
  EXPECT_FALSE(stream->CanTake(Hook::kDrain, 1));
  // A tenth is theirs.
  Send("u", Hook::kUpgrade);
  Send("c", Hook::kClose);
  EXPECT_FALSE(stream->CanTake(Hook::kUpgrade, 1));
  EXPECT_FALSE(stream->CanTake(Hook::kClose, 1));
  // What is free is for whoever comes, but the others' part alone for the others.
  session->Answer({"m17"});
  EXPECT_TRUE(stream->CanTake(Hook::kClose, 1));
  EXPECT_TRUE(stream->CanTake(Hook::kMessage, 1));
  Send("m18");
  session->Answer({"c"});
  EXPECT_TRUE(stream->CanTake(Hook::kClose, 1));
  EXPECT_FALSE(stream->CanTake(Hook::kMessage, 1));
  EXPECT_THAT(TakeTold(), ElementsAre("opened", "answered m17 OK", "answered c OK"));
}

TEST_F(HookStreamTest, CreditOfBytesKeepsATenthToo) {
  session->Welcome(1000, 1000);
  Send("a", Hook::kMessage, 850);
  EXPECT_TRUE(stream->CanTake(Hook::kMessage, 50));
  EXPECT_FALSE(stream->CanTake(Hook::kMessage, 51));
  EXPECT_TRUE(stream->CanTake(Hook::kClose, 150));
  EXPECT_FALSE(stream->CanTake(Hook::kClose, 151));
  session->Answer({"a"});
  Send("b", Hook::kMessage, 900);
  EXPECT_FALSE(stream->CanTake(Hook::kMessage, 1));
}

TEST_F(HookStreamTest, AnEventLargerThanTheWholeCreditGoesAlone) {
  session->Welcome(1000, 1000);
  Send("small");
  EXPECT_FALSE(stream->CanTake(Hook::kMessage, 5000));
  session->AnswerAll();
  Send("large", Hook::kMessage, 5000);
  EXPECT_FALSE(stream->CanTake(Hook::kClose, 1));
  session->AnswerAll();
  EXPECT_TRUE(stream->CanTake(Hook::kMessage, 1));
}

TEST_F(HookStreamTest, ACreditOfOneEventIsEnough) {
  session->Welcome(1);
  Send("a");
  EXPECT_FALSE(stream->CanTake(Hook::kClose, 1));
  session->AnswerAll();
  Send("b");
  session->AnswerAll();
  EXPECT_THAT(told, ElementsAre("opened", "answered a OK", "answered b OK"));
}

TEST_F(HookStreamTest, AnErrorIsOfItsEventAlone) {
  session->Welcome();
  Send("a");
  Send("b");
  session->AnswerWith("b", absl::StatusCode::kNotFound);
  session->Answer({"a"});
  EXPECT_THAT(told, ElementsAre("opened", "answered b NOT_FOUND", "answered a OK"));
}

TEST_F(HookStreamTest, AnAnswerThatNobodyWaitsForIsCounted) {
  session->Welcome(10);
  Send("a");
  session->Answer({"x", "a", "a"});
  EXPECT_THAT(TakeTold(), ElementsAre("opened", "answered a OK"));
  EXPECT_EQ(metrics.hook_answers_ignored.value(), 2u);
  // It returned no credit that was not lent.
  for (int i = 0; i < 9; ++i) Send(absl::StrCat("m", i));
  EXPECT_FALSE(stream->CanTake(Hook::kMessage, 1));
}

// ---- What breaks the protocol ------------------------------------------------------------------

TEST_F(HookStreamTest, ASecondWelcomeEndsTheStream) {
  session->Welcome();
  Send("a");
  session->Welcome();
  EXPECT_EQ(end.code(), absl::StatusCode::kInvalidArgument);
  EXPECT_THAT(std::string(end.message()), HasSubstr("second welcome"));
  EXPECT_THAT(lost_ids, ElementsAre("a"));
  EXPECT_TRUE(session->cancelled());
  EXPECT_EQ(metrics.hook_streams.value(), 0);
}

TEST_F(HookStreamTest, AnAnswerBeforeTheWelcomeEndsTheStream) {
  session->Answer({"a"});
  EXPECT_EQ(end.code(), absl::StatusCode::kInvalidArgument);
  EXPECT_THAT(std::string(end.message()), HasSubstr("before its welcome"));
}

TEST_F(HookStreamTest, AMessageOfNoKindEndsTheStream) {
  session->Welcome();
  Send("a");
  session->Say({});
  EXPECT_EQ(end.code(), absl::StatusCode::kInvalidArgument);
  EXPECT_THAT(std::string(end.message()), HasSubstr("neither welcome"));
  EXPECT_THAT(lost_ids, ElementsAre("a"));
}

// ---- Life --------------------------------------------------------------------------------------

TEST_F(HookStreamTest, PingsEveryTwoSecondsAndAnswersPings) {
  session->Welcome();
  Advance(milliseconds(1950));
  EXPECT_THAT(session->written(), ElementsAre("hello 1 node-1"));
  Advance(milliseconds(100));
  session->Pong(1);
  Advance(seconds(2));
  session->Pong(2);
  session->Ping(77);
  EXPECT_THAT(session->written(), ElementsAre("hello 1 node-1", "ping 1", "ping 2", "pong 77"));
}

TEST_F(HookStreamTest, SilenceAfterAPingEndsIt) {
  session->Welcome();
  Send("a");
  Advance(milliseconds(4450));
  EXPECT_THAT(told, ElementsAre("opened"));
  Advance(milliseconds(200));
  EXPECT_THAT(told, ElementsAre("opened", "ended"));
  EXPECT_EQ(end.code(), absl::StatusCode::kUnavailable);
  EXPECT_THAT(lost_ids, ElementsAre("a"));
  EXPECT_EQ(metrics.hook_streams_stalled.value(), 1u);
  EXPECT_TRUE(session->cancelled());
}

TEST_F(HookStreamTest, AnyMessageCountsAsLife) {
  session->Welcome();
  Send("a");
  for (int i = 0; i < 20; ++i) {
    Advance(milliseconds(2300));
    if (i % 2 == 0) {
      session->Answer({"unknown"});
    } else {
      session->Ping(1);
    }
  }
  EXPECT_THAT(told, ElementsAre("opened"));
}

// ---- Giving up ---------------------------------------------------------------------------------

TEST_F(HookStreamTest, TheLateAnswerToAnEventThatWasGivenUpIsIgnoredAndReturnsItsCredit) {
  session->Welcome(10);
  PendingHook* const hook = Send("a");
  for (int i = 0; i < 8; ++i) Send(absl::StrCat("m", i));
  EXPECT_TRUE(stream->GiveUp(hook));
  EXPECT_FALSE(stream->GiveUp(hook));
  EXPECT_FALSE(stream->CanTake(Hook::kMessage, 1));
  session->Answer({"a"});
  EXPECT_TRUE(stream->CanTake(Hook::kMessage, 1));
  EXPECT_THAT(told, ElementsAre("opened", "freed"));
  EXPECT_EQ(metrics.hook_answers_ignored.value(), 1u);
}

TEST_F(HookStreamTest, DoesNotGiveUpWhatItWasNotSent) {
  session->Welcome();
  Send("a");
  EXPECT_FALSE(stream->GiveUp(NewHook("a")));
  EXPECT_FALSE(stream->GiveUp(NewHook("b")));
  session->AnswerAll();
  EXPECT_THAT(told, ElementsAre("opened", "answered a OK"));
}

TEST_F(HookStreamTest, AStreamThatOwesHalfOfItsEventsIsEnded) {
  session->Welcome(10);
  std::vector<PendingHook*> sent;
  for (int i = 0; i < 9; ++i) sent.push_back(Send(absl::StrCat("m", i)));
  for (int i = 0; i < 4; ++i) EXPECT_TRUE(stream->GiveUp(sent[i]));
  EXPECT_THAT(told, ElementsAre("opened"));
  EXPECT_TRUE(stream->GiveUp(sent[4]));
  EXPECT_THAT(told, ElementsAre("opened", "ended"));
  EXPECT_THAT(lost_ids, ElementsAre("m5", "m6", "m7", "m8"));
  EXPECT_THAT(std::string(end.message()), HasSubstr("owes answers to 5 events"));
}

TEST_F(HookStreamTest, AStreamThatOwesHalfOfItsBytesIsEnded) {
  session->Welcome(1000, 1000);
  Send("other");
  std::vector<PendingHook*> sent;
  for (int i = 0; i < 8; ++i) sent.push_back(Send(absl::StrCat("m", i), Hook::kMessage, 100));
  // Fewer may be a few large ones whose handlers are slow.
  for (int i = 0; i < 7; ++i) EXPECT_TRUE(stream->GiveUp(sent[i]));
  EXPECT_THAT(told, ElementsAre("opened"));
  EXPECT_TRUE(stream->GiveUp(sent[7]));
  EXPECT_THAT(told, ElementsAre("opened", "ended"));
  EXPECT_THAT(lost_ids, ElementsAre("other"));
}

TEST_F(HookStreamTest, WhatIsOwedDoesNotKeepOneEventFromGoingAlone) {
  session->Welcome(1000, 1000);
  stream->GiveUp(Send("a", Hook::kMessage, 400));
  Send("b", Hook::kMessage, 850);
  EXPECT_FALSE(stream->CanTake(Hook::kMessage, 1));
}

TEST_F(HookStreamTest, AnEventSentAgainIsOwedTwiceAndTheFirstAnswerIsTaken) {
  session->Welcome(10);
  PendingHook* const first = Send("a", Hook::kClose);
  stream->GiveUp(first);
  Send("a", Hook::kClose);
  for (int i = 0; i < 8; ++i) Send(absl::StrCat("m", i));
  EXPECT_FALSE(stream->CanTake(Hook::kMessage, 1));  // ten are owed
  session->Answer({"a"});
  EXPECT_THAT(told, ElementsAre("opened", "answered a OK"));
  EXPECT_TRUE(stream->CanTake(Hook::kMessage, 1));
  session->Answer({"a"});
  EXPECT_EQ(metrics.hook_answers_ignored.value(), 1u);
  session->Answer({"a"});
  EXPECT_EQ(metrics.hook_answers_ignored.value(), 2u);
}

TEST_F(HookStreamTest, AnEventSentAgainAndAgainIsNotSentBeyondTheCredit) {
  session->Welcome(10);
  Send("other");
  int sent = 0;
  while (stream != nullptr && sent < 100) {
    PendingHook* const hook = Send("a", Hook::kClose);
    ++sent;
    stream->GiveUp(hook);
  }
  EXPECT_EQ(sent, 5);
  EXPECT_THAT(lost_ids, ElementsAre("other"));
}

// ---- Leaving -----------------------------------------------------------------------------------

TEST_F(HookStreamTest, AnApplicationThatGoesAwayGetsNoNewEventsAndItsAnswersAreAwaited) {
  session->Welcome();
  PendingHook* const late = Send("late");
  Send("a");
  Send("b");
  session->GoAway("a new release");
  EXPECT_THAT(TakeTold(), ElementsAre("opened", "left"));
  EXPECT_FALSE(stream->open());
  EXPECT_FALSE(stream->CanTake(Hook::kClose, 1));
  session->Answer({"b"});
  EXPECT_THAT(session->written(), ::testing::Not(::testing::Contains("done")));
  session->Answer({"a"});
  EXPECT_THAT(session->written(), ::testing::Not(::testing::Contains("done")));
  EXPECT_TRUE(stream->GiveUp(late));
  EXPECT_EQ(session->written().back(), "done");  // nothing is awaited any more
  session->Ping(1);
  EXPECT_EQ(session->written().back(), "done");
  session->End(absl::OkStatus());
  EXPECT_THAT(told, ElementsAre("answered b OK", "answered a OK", "ended"));
  EXPECT_TRUE(end.ok()) << end;
  EXPECT_THAT(lost_ids, IsEmpty());
}

TEST_F(HookStreamTest, TheApplicationIsToldThatTheNodeLeaves) {
  session->Welcome();
  Send("a");
  stream->Leave("the node ends");
  stream->Leave("once is enough");
  EXPECT_FALSE(stream->CanTake(Hook::kClose, 1));
  session->AnswerAll();
  EXPECT_THAT(session->written(),
              ElementsAre("hello 1 node-1", "event a", "go_away the node ends", "done"));
  session->GoAway("so do I");
  session->End(absl::OkStatus());
  EXPECT_THAT(told, ElementsAre("opened", "answered a OK", "ended"));
  EXPECT_TRUE(end.ok()) << end;
}

TEST_F(HookStreamTest, ANodeThatLeavesBeforeTheWelcomeEndsTheCall) {
  stream->Leave("the node ends");
  EXPECT_THAT(told, ElementsAre("ended"));
  EXPECT_EQ(end.code(), absl::StatusCode::kCancelled);
  EXPECT_TRUE(session->cancelled());
}

TEST_F(HookStreamTest, AnApplicationThatGoesAwayBeforeItsWelcomeHasNoStream) {
  session->GoAway("full");
  EXPECT_THAT(told, ElementsAre("ended"));
  EXPECT_EQ(end.code(), absl::StatusCode::kUnavailable);
  EXPECT_THAT(std::string(end.message()), HasSubstr("full"));
}

TEST_F(HookStreamTest, AnswersAreAwaitedForThirtySeconds) {
  session->Welcome();
  Send("a");
  stream->Leave("the node ends");
  for (int i = 0; i < 29; ++i) {
    Advance(seconds(1));
    session->Ping(1);
  }
  ASSERT_THAT(told, ElementsAre("opened"));
  Advance(milliseconds(1200));
  EXPECT_THAT(told, ElementsAre("opened", "ended"));
  EXPECT_THAT(lost_ids, ElementsAre("a"));
  EXPECT_TRUE(session->cancelled());
}

TEST_F(HookStreamTest, AStalledApplicationIsNoticedWhileAnswersAreAwaited) {
  session->Welcome();
  Send("a");
  stream->Leave("the node ends");
  Advance(seconds(5));
  EXPECT_THAT(told, ElementsAre("opened", "ended"));
}

// ---- The end -----------------------------------------------------------------------------------

TEST_F(HookStreamTest, ALostCallGivesBackWhatWasNotAnswered) {
  session->Welcome();
  Send("a");
  Send("b");
  stream->GiveUp(Send("c"));
  session->Answer({"a"});
  session->End(absl::UnavailableError("reset"));
  EXPECT_THAT(lost_ids, ElementsAre("b"));
  EXPECT_EQ(end, absl::UnavailableError("reset"));
  EXPECT_EQ(metrics.hook_streams.value(), 0);
  session->Answer({"b"});  // too late, and harmless
}

TEST_F(HookStreamTest, AnApplicationThatEndsTheCallWithoutGoingAwayHasLostIt) {
  session->Welcome();
  session->End(absl::OkStatus());
  EXPECT_EQ(end.code(), absl::StatusCode::kUnavailable);
  EXPECT_THAT(std::string(end.message()), HasSubstr("ended the stream"));
}

TEST_F(HookStreamTest, DestroyedItCancelsTheCallAndTellsNothing) {
  session->Welcome();
  Send("a");
  stream.reset();
  EXPECT_TRUE(session->cancelled());
  EXPECT_THAT(told, ElementsAre("opened"));
  EXPECT_EQ(metrics.hook_streams.value(), 0);
  Advance(seconds(10));
}

}  // namespace
}  // namespace hookcast::hooks
