#include "edge/peer_rate.h"

#include <gtest/gtest.h>

#include <chrono>

#include "tests/fakes/manual_clock.h"

namespace hookcast::edge {
namespace {

using metrics::PeerLimit;
using std::chrono::seconds;

config::RouteLimits Limits(int messages, size_t bytes) {
  config::RouteLimits limits;
  limits.messages_per_second = messages;
  limits.bytes_per_second = bytes;
  return limits;
}

TEST(PeerRateTest, NothingIsKeptWhereThereIsNoLimit) {
  EXPECT_EQ(PeerRate::For(Limits(0, 0), TimePoint()), nullptr);
}

TEST(PeerRateTest, FiveSecondsWorthOfMessagesMayComeAtOnce) {
  fakes::ManualClock clock;
  const auto rate = PeerRate::For(Limits(2, 0), clock.Now());
  for (int i = 0; i < 10; ++i) EXPECT_EQ(rate->Count(1 << 20, clock.Now()), std::nullopt) << i;
  EXPECT_EQ(rate->Count(0, clock.Now()), PeerLimit::kMessagesPerSecond);
  clock.Advance(seconds(1));
  EXPECT_EQ(rate->Count(0, clock.Now()), std::nullopt);
  EXPECT_EQ(rate->Count(0, clock.Now()), std::nullopt);
  EXPECT_EQ(rate->Count(0, clock.Now()), PeerLimit::kMessagesPerSecond);
}

TEST(PeerRateTest, FiveSecondsWorthOfBytesMayComeAtOnceInOneMessageOrMany) {
  fakes::ManualClock clock;
  const auto rate = PeerRate::For(Limits(0, 100), clock.Now());
  EXPECT_EQ(rate->Count(501, clock.Now()), PeerLimit::kBytesPerSecond);
  EXPECT_EQ(rate->Count(500, clock.Now()), std::nullopt);
  EXPECT_EQ(rate->Count(1, clock.Now()), PeerLimit::kBytesPerSecond);
  EXPECT_EQ(rate->Count(0, clock.Now()), std::nullopt) << "has no byte";
  clock.Advance(seconds(2));
  for (int i = 0; i < 200; ++i) EXPECT_EQ(rate->Count(1, clock.Now()), std::nullopt) << i;
  EXPECT_EQ(rate->Count(1, clock.Now()), PeerLimit::kBytesPerSecond);
}

TEST(PeerRateTest, BothLimitsHold) {
  fakes::ManualClock clock;
  const auto rate = PeerRate::For(Limits(1, 10), clock.Now());
  EXPECT_EQ(rate->Count(50, clock.Now()), std::nullopt);
  EXPECT_EQ(rate->Count(1, clock.Now()), PeerLimit::kBytesPerSecond);
  for (int i = 0; i < 3; ++i) EXPECT_EQ(rate->Count(0, clock.Now()), std::nullopt) << i;
  EXPECT_EQ(rate->Count(0, clock.Now()), PeerLimit::kMessagesPerSecond);
}

TEST(PeerRateTest, APeerThatWasNotReadMayHaveSentAllTheWhile) {
  fakes::ManualClock clock;
  const auto rate = PeerRate::For(Limits(2, 100), clock.Now());
  for (int i = 0; i < 10; ++i) EXPECT_EQ(rate->Count(50, clock.Now()), std::nullopt) << i;
  rate->Pause(clock.Now());
  clock.Advance(seconds(60));
  rate->Resume(clock.Now());
  for (int i = 0; i < 120; ++i) EXPECT_EQ(rate->Count(50, clock.Now()), std::nullopt) << i;
  EXPECT_EQ(rate->Count(0, clock.Now()), PeerLimit::kMessagesPerSecond);
}

TEST(PeerRateTest, HoldsAtTheLargestLimits) {
  fakes::ManualClock clock;
  const size_t most = size_t{1} << 30;
  const auto rate = PeerRate::For(Limits(1'000'000, most), clock.Now());
  for (int i = 0; i < 5; ++i) EXPECT_EQ(rate->Count(most, clock.Now()), std::nullopt) << i;
  EXPECT_EQ(rate->Count(1, clock.Now()), PeerLimit::kBytesPerSecond);
}

}  // namespace
}  // namespace hookcast::edge
