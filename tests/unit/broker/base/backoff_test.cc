#include "broker/base/backoff.h"

#include <gtest/gtest.h>

#include <random>
#include <set>

namespace hookcast {
namespace {

using std::chrono::milliseconds;

constexpr uint64_t kMost = UINT64_MAX;

TEST(Backoff, TheCeilingDoublesWithEachAttemptUpToTheMost) {
  const Backoff backoff{milliseconds(100), milliseconds(2000)};
  const int ceilings[] = {100, 200, 400, 800, 1600, 2000, 2000};
  for (uint32_t attempt = 1; attempt <= 7; ++attempt) {
    const milliseconds ceiling(ceilings[attempt - 1]);
    // The draw that is one below a multiple of the span gives the span's end.
    const auto span = static_cast<uint64_t>(ceiling.count() / 2 + 1);
    EXPECT_EQ(backoff.After(attempt, span - 1), ceiling) << attempt;
    EXPECT_EQ(backoff.After(attempt, 0), ceiling / 2) << attempt;
  }
}

TEST(Backoff, EveryDelayLiesInTheUpperHalfOfItsCeiling) {
  const Backoff backoff{milliseconds(7), milliseconds(999)};
  std::mt19937_64 random(1);
  for (uint32_t attempt = 1; attempt <= 40; ++attempt) {
    const int64_t ceiling = std::min<int64_t>(999, int64_t{7} << std::min(attempt - 1, 20U));
    for (int i = 0; i < 200; ++i) {
      const int64_t delay = backoff.After(attempt, random()).count();
      EXPECT_GE(delay, ceiling / 2) << attempt;
      EXPECT_LE(delay, ceiling) << attempt;
    }
  }
}

TEST(Backoff, ThoseWhoFailedTogetherSpreadOverTheHalf) {
  const Backoff backoff{milliseconds(100), milliseconds(2000)};
  std::mt19937_64 random(2);
  std::set<int64_t> delays;
  for (int i = 0; i < 2000; ++i) delays.insert(backoff.After(1, random()).count());
  EXPECT_EQ(*delays.begin(), 50);
  EXPECT_EQ(*delays.rbegin(), 100);
  EXPECT_EQ(delays.size(), 51);
}

TEST(Backoff, AnAttemptOfAnyNumberStaysWithinBounds) {
  const Backoff backoff{milliseconds(100), milliseconds(2000)};
  for (const uint32_t attempt : {0U, 31U, 32U, 64U, 1000U, UINT32_MAX}) {
    for (const uint64_t random : {uint64_t{0}, uint64_t{1}, kMost}) {
      EXPECT_GE(backoff.After(attempt, random).count(), 50) << attempt;
      EXPECT_LE(backoff.After(attempt, random).count(), 2000) << attempt;
    }
  }
}

TEST(Backoff, AFirstDelayAboveTheMostIsCutToIt) {
  const Backoff backoff{milliseconds(5000), milliseconds(2000)};
  EXPECT_GE(backoff.After(1, 0).count(), 1000);
  EXPECT_LE(backoff.After(1, kMost).count(), 2000);
}

TEST(Backoff, ADelayOfOneMillisecondIsNeverRoundedToNone) {
  const Backoff backoff{milliseconds(1), milliseconds(1)};
  for (const uint64_t random : {uint64_t{0}, uint64_t{1}, kMost}) {
    EXPECT_EQ(backoff.After(1, random), milliseconds(1));
  }
}

}  // namespace
}  // namespace hookcast
