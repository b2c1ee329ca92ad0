#include "edge/token_bucket.h"

#include <gtest/gtest.h>

#include <chrono>

#include "tests/fakes/manual_clock.h"

namespace hookcast::edge {
namespace {

using std::chrono::hours;
using std::chrono::milliseconds;
using std::chrono::nanoseconds;
using std::chrono::seconds;

class TokenBucketTest : public testing::Test {
 protected:
  int Taken(TokenBucket& bucket, const TokenRate& rate, int attempts) {
    int taken = 0;
    for (int i = 0; i < attempts; ++i) taken += bucket.Take(rate, 1, clock_.Now()) ? 1 : 0;
    return taken;
  }

  fakes::ManualClock clock_;
};

TEST_F(TokenBucketTest, IsFullAtFirstAndFillsAtItsRate) {
  const TokenRate rate{10, 50};
  TokenBucket bucket(rate, clock_.Now());
  EXPECT_EQ(Taken(bucket, rate, 100), 50);
  clock_.Advance(milliseconds(99));
  EXPECT_EQ(Taken(bucket, rate, 100), 0);
  clock_.Advance(milliseconds(1));
  EXPECT_EQ(Taken(bucket, rate, 100), 1);
  clock_.Advance(seconds(2));
  EXPECT_EQ(Taken(bucket, rate, 100), 20);
}

TEST_F(TokenBucketTest, NeverHoldsMoreThanItsCapacity) {
  const TokenRate rate{10, 50};
  TokenBucket bucket(rate, clock_.Now());
  clock_.Advance(hours(24 * 365));
  EXPECT_EQ(Taken(bucket, rate, 100), 50);
}

TEST_F(TokenBucketTest, NothingIsLostToRounding) {
  const TokenRate rate{3, 3};
  TokenBucket bucket(rate, clock_.Now());
  EXPECT_EQ(Taken(bucket, rate, 9), 3);
  int taken = 0;
  for (int i = 0; i < 1'000; ++i) {
    clock_.Advance(milliseconds(7));
    taken += Taken(bucket, rate, 3);
  }
  EXPECT_EQ(taken, 21) << "seven seconds";
}

TEST_F(TokenBucketTest, WhatIsNotThereWholeIsNotTaken) {
  const TokenRate rate{10, 50};
  TokenBucket bucket(rate, clock_.Now());
  EXPECT_FALSE(bucket.Take(rate, 51, clock_.Now())) << "more than there can ever be";
  EXPECT_TRUE(bucket.Take(rate, 50, clock_.Now()));
  clock_.Advance(seconds(1));
  EXPECT_FALSE(bucket.Take(rate, 11, clock_.Now()));
  EXPECT_TRUE(bucket.Take(rate, 10, clock_.Now()));
  EXPECT_TRUE(bucket.Take(rate, 0, clock_.Now())) << "an empty message is no byte";
}

TEST_F(TokenBucketTest, TimeThatSeemsToGoBackCountsAsNone) {
  const TokenRate rate{10, 10};
  TokenBucket bucket(rate, clock_.Now());
  EXPECT_EQ(Taken(bucket, rate, 20), 10);
  EXPECT_FALSE(bucket.Take(rate, 1, clock_.Now() - hours(1)));
  clock_.Advance(milliseconds(100));
  EXPECT_EQ(Taken(bucket, rate, 20), 1);
}

TEST_F(TokenBucketTest, WhatNobodyCouldTakeIsMadeUpForBeyondTheCapacity) {
  const TokenRate rate{10, 50};
  TokenBucket bucket(rate, clock_.Now());
  EXPECT_EQ(Taken(bucket, rate, 30), 30);
  clock_.Advance(seconds(1));  // 30 are there
  const TimePoint since = clock_.Now();
  clock_.Advance(seconds(20));
  bucket.CatchUp(rate, since, clock_.Now());
  EXPECT_EQ(Taken(bucket, rate, 1'000), 230);
  clock_.Advance(seconds(20));
  EXPECT_EQ(Taken(bucket, rate, 1'000), 50) << "once more no more than that";
}

TEST_F(TokenBucketTest, WhatWasMadeUpForIsNotKeptForLater) {
  const TokenRate rate{10, 50};
  TokenBucket bucket(rate, clock_.Now());
  const TimePoint since = clock_.Now();
  clock_.Advance(seconds(20));
  bucket.CatchUp(rate, since, clock_.Now());
  clock_.Advance(seconds(5));
  EXPECT_EQ(Taken(bucket, rate, 1'000), 200) << "of 250, 50 are gone";
  const TimePoint again = clock_.Now();
  clock_.Advance(seconds(20));
  bucket.CatchUp(rate, again, clock_.Now());
  clock_.Advance(hours(1));
  EXPECT_EQ(Taken(bucket, rate, 1'000), 50);
}

TEST_F(TokenBucketTest, ManyShortTimesMakeUpForAsMuchAsALongOne) {
  const TokenRate rate{10, 10};
  TokenBucket bucket(rate, clock_.Now());
  for (int i = 0; i < 3'000; ++i) {
    const TimePoint since = clock_.Now();
    clock_.Advance(milliseconds(1));
    bucket.CatchUp(rate, since, clock_.Now());
  }
  EXPECT_EQ(Taken(bucket, rate, 1'000), 40);
}

TEST_F(TokenBucketTest, HoldsAtTheLargestRates) {
  const TokenRate rate{uint64_t{1} << 33, uint64_t{1} << 33};
  TokenBucket bucket(rate, clock_.Now());
  EXPECT_TRUE(bucket.Take(rate, rate.capacity, clock_.Now()));
  EXPECT_FALSE(bucket.Take(rate, 1, clock_.Now()));
  EXPECT_FALSE(bucket.Take(rate, UINT64_MAX, clock_.Now()));
  clock_.Advance(nanoseconds(1));
  EXPECT_TRUE(bucket.Take(rate, 8, clock_.Now()));
  EXPECT_FALSE(bucket.IsFull(rate, clock_.Now()));
  clock_.Advance(hours(1));
  EXPECT_TRUE(bucket.IsFull(rate, clock_.Now()));
  const TimePoint since = clock_.Now();
  clock_.Advance(hours(24));
  bucket.CatchUp(rate, since, clock_.Now());
  EXPECT_TRUE(bucket.Take(rate, rate.capacity, clock_.Now()));
  EXPECT_TRUE(bucket.Take(rate, rate.capacity, clock_.Now()));
}

}  // namespace
}  // namespace hookcast::edge
