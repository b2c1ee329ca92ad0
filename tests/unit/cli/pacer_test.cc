#include "cli/pacer.h"

#include "gtest/gtest.h"

namespace hookcast::cli {
namespace {

constexpr absl::Duration kNow = absl::Hours(5);

TEST(PacerTest, LetsTheFirstGoAtOnceAndTheNextAfterItsTime) {
  Pacer pacer(4);
  EXPECT_EQ(pacer.Wait(kNow), absl::ZeroDuration());
  pacer.Spend(kNow);
  EXPECT_EQ(pacer.Wait(kNow), absl::Milliseconds(250));
  pacer.Spend(kNow + absl::Milliseconds(250));
  EXPECT_EQ(pacer.Wait(kNow + absl::Milliseconds(300)), absl::Milliseconds(200));
}

TEST(PacerTest, CatchesUpWithATenthOfASecondAtMost) {
  Pacer pacer(100);
  pacer.Spend(kNow);
  const absl::Duration late = kNow + absl::Seconds(5);
  int at_once = 0;
  for (; pacer.Wait(late) == absl::ZeroDuration(); ++at_once) pacer.Spend(late);
  EXPECT_EQ(at_once, 11);
}

TEST(PacerTest, KeepsTheRateThoughEachWaitIsALittleLong) {
  Pacer pacer(100);
  absl::Duration now = kNow;
  for (int i = 0; i < 1000; ++i) {
    if (const absl::Duration wait = pacer.Wait(now); wait > absl::ZeroDuration()) {
      now += wait + absl::Milliseconds(2);
    }
    pacer.Spend(now);
  }
  EXPECT_GE(now - kNow, absl::Milliseconds(9880));
  EXPECT_LE(now - kNow, absl::Milliseconds(10'010));
}

TEST(PacerTest, SetsNoLimitAtARateOfNone) {
  Pacer pacer(0);
  for (int i = 0; i < 100; ++i) pacer.Spend(kNow);
  EXPECT_EQ(pacer.Wait(kNow), absl::ZeroDuration());
}

}  // namespace
}  // namespace hookcast::cli
