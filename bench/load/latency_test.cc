#include "bench/load/latency.h"

#include <gtest/gtest.h>

#include <chrono>

namespace hookcast::bench {
namespace {

using std::chrono::microseconds;
using std::chrono::nanoseconds;

TEST(LatencyTest, QuantilesAreRightWithinTheirBuckets) {
  Latency latency;
  for (int us = 1; us <= 10000; ++us) latency.Add(microseconds(us));
  EXPECT_NEAR(latency.Quantile(0.5), 5000, 5000 * 0.016);
  EXPECT_NEAR(latency.Quantile(0.99), 9900, 9900 * 0.016);
  EXPECT_DOUBLE_EQ(latency.Quantile(1), 10000);
  EXPECT_DOUBLE_EQ(latency.max_us(), 10000);
}

TEST(LatencyTest, SmallValuesAreExact) {
  Latency latency;
  for (const int ns : {0, 1, 63, 64, 127}) latency.Add(nanoseconds(ns));
  EXPECT_DOUBLE_EQ(latency.Quantile(0.2), 0);
  EXPECT_DOUBLE_EQ(latency.Quantile(0.4), 0.001);
  EXPECT_DOUBLE_EQ(latency.Quantile(0.6), 0.063);
  EXPECT_DOUBLE_EQ(latency.Quantile(0.8), 0.064);
  EXPECT_DOUBLE_EQ(latency.Quantile(1), 0.127);
}

TEST(LatencyTest, OneOutlierShowsInTheMaximumAndNotInTheMedian) {
  Latency latency;
  latency.Add(microseconds(10), 999);
  latency.Add(std::chrono::hours(1));
  EXPECT_NEAR(latency.Quantile(0.5), 10, 0.16);
  EXPECT_DOUBLE_EQ(latency.max_us(), 3.6e9);
}

TEST(LatencyTest, WithoutAValueThereIsZero) {
  Latency latency;
  EXPECT_TRUE(latency.empty());
  EXPECT_DOUBLE_EQ(latency.Quantile(0.99), 0);
}

}  // namespace
}  // namespace hookcast::bench
