#include "broker/hooks/application/breaker.h"

#include <gtest/gtest.h>

namespace hookcast::hooks {
namespace {

constexpr Duration kPause = std::chrono::seconds(2);
constexpr TimePoint kStart{std::chrono::hours(1)};

// A breaker that is open since kStart.
Breaker Opened() {
  Breaker breaker(2, kPause);
  EXPECT_FALSE(breaker.OnNoAnswer(kStart, false));
  EXPECT_TRUE(breaker.OnNoAnswer(kStart, false));
  return breaker;
}

TEST(Breaker, OpensAfterSoManyFailuresInARow) {
  Breaker breaker(3, kPause);
  EXPECT_FALSE(breaker.OnNoAnswer(kStart, false));
  EXPECT_FALSE(breaker.OnNoAnswer(kStart, false));
  breaker.OnAnswer();
  EXPECT_FALSE(breaker.OnNoAnswer(kStart, false));
  EXPECT_FALSE(breaker.OnNoAnswer(kStart, false));
  EXPECT_FALSE(breaker.open());
  EXPECT_TRUE(breaker.Allow(kStart));
  EXPECT_TRUE(breaker.OnNoAnswer(kStart, false));
  EXPECT_TRUE(breaker.open());
  EXPECT_FALSE(breaker.Allow(kStart));
  EXPECT_FALSE(breaker.Allow(kStart + kPause - Duration(1)));
}

TEST(Breaker, WhatEndsWithoutAVerdictNeitherCountsNorClears) {
  Breaker breaker(2, kPause);
  breaker.OnNoAnswer(kStart, false);
  breaker.OnAbandoned(false);
  EXPECT_TRUE(breaker.OnNoAnswer(kStart, false));
}

TEST(Breaker, AfterThePauseOneAttemptDecides) {
  Breaker breaker = Opened();
  EXPECT_TRUE(breaker.Allow(kStart + kPause));
  EXPECT_FALSE(breaker.Allow(kStart + kPause));  // one alone
  EXPECT_FALSE(breaker.OnNoAnswer(kStart + 2 * kPause, true));
  EXPECT_FALSE(breaker.Allow(kStart + 3 * kPause - Duration(1)));
  EXPECT_TRUE(breaker.Allow(kStart + 3 * kPause));
  breaker.OnAnswer();
  EXPECT_FALSE(breaker.open());
  EXPECT_TRUE(breaker.Allow(kStart + 3 * kPause));
  EXPECT_TRUE(breaker.Allow(kStart + 3 * kPause));
}

TEST(Breaker, AnAttemptThatWasAbandonedIsMadeAgain) {
  Breaker breaker = Opened();
  ASSERT_TRUE(breaker.Allow(kStart + kPause));
  breaker.OnAbandoned(true);
  EXPECT_TRUE(breaker.open());
  EXPECT_TRUE(breaker.Allow(kStart + kPause));
}

TEST(Breaker, WhatWasSentBeforeItOpenedDoesNotEndTheAttempt) {
  Breaker breaker = Opened();
  ASSERT_TRUE(breaker.Allow(kStart + kPause));
  breaker.OnAbandoned(false);
  EXPECT_FALSE(breaker.Allow(kStart + kPause));
  EXPECT_FALSE(breaker.OnNoAnswer(kStart + kPause, false));
  EXPECT_FALSE(breaker.Allow(kStart + 2 * kPause));
  // Nor is the pause longer for it, once the attempt has failed.
  breaker.OnNoAnswer(kStart + 2 * kPause, true);
  EXPECT_FALSE(breaker.OnNoAnswer(kStart + 3 * kPause - Duration(1), false));
  EXPECT_TRUE(breaker.Allow(kStart + 3 * kPause));
}

TEST(Breaker, AnAnswerToWhatWasSentBeforeClosesIt) {
  Breaker breaker = Opened();
  breaker.OnAnswer();
  EXPECT_FALSE(breaker.open());
  EXPECT_TRUE(breaker.Allow(kStart));
}

TEST(Breaker, WithoutABoundItNeverOpens) {
  Breaker breaker(0, kPause);
  for (int i = 0; i < 1000; ++i) EXPECT_FALSE(breaker.OnNoAnswer(kStart, false));
  EXPECT_TRUE(breaker.Allow(kStart));
}

}  // namespace
}  // namespace hookcast::hooks
