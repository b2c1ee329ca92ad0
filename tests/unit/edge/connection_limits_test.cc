#include "edge/connection_limits.h"

#include <gtest/gtest.h>

#include <atomic>
#include <chrono>
#include <optional>
#include <string>
#include <thread>
#include <vector>

#include "absl/strings/str_cat.h"
#include "tests/fakes/manual_clock.h"

namespace hookcast::edge {
namespace {

using metrics::Refusal;
using std::chrono::milliseconds;
using std::chrono::seconds;
using Slot = std::unique_ptr<ConnectionLimits::Slot>;

config::RouteLimits Limits(int connections, int per_address, int rate = 0, int address_rate = 0) {
  config::RouteLimits limits;
  limits.connections = connections;
  limits.connections_per_address = per_address;
  limits.connect_rate = rate;
  limits.connect_rate_per_address = address_rate;
  return limits;
}

class ConnectionLimitsTest : public testing::Test {
 protected:
  void Have(const config::RouteLimits& limits) { limits_ = ConnectionLimits::For(limits); }

  // Takes a slot and keeps it; why there is none, if there is none.
  std::optional<Refusal> Take(std::string_view address = "192.0.2.1") {
    auto taken = limits_->Take(*IpAddress::Parse(address), clock_.Now());
    if (auto* slot = std::get_if<Slot>(&taken)) {
      slots_.push_back(std::move(*slot));
      return std::nullopt;
    }
    return std::get<Refusal>(taken);
  }

  fakes::ManualClock clock_;
  std::unique_ptr<ConnectionLimits> limits_;
  std::vector<Slot> slots_;
};

TEST_F(ConnectionLimitsTest, NothingIsKeptWhereThereIsNoLimit) {
  EXPECT_EQ(ConnectionLimits::For(Limits(0, 0)), nullptr);
}

TEST_F(ConnectionLimitsTest, SoManyConnectionsAndNoMoreUntilOneIsGivenBack) {
  Have(Limits(2, 0));
  EXPECT_EQ(Take("192.0.2.1"), std::nullopt);
  EXPECT_EQ(Take("192.0.2.2"), std::nullopt);
  EXPECT_EQ(Take("192.0.2.3"), Refusal::kConnections);
  slots_.pop_back();
  EXPECT_EQ(Take("192.0.2.3"), std::nullopt);
  EXPECT_EQ(Take("192.0.2.3"), Refusal::kConnections);
  EXPECT_EQ(limits_->addresses(), 0) << "no limit asks for them";
}

TEST_F(ConnectionLimitsTest, EachAddressHasItsOwnCount) {
  Have(Limits(0, 2));
  for (const char* address : {"192.0.2.1", "192.0.2.2"}) {
    EXPECT_EQ(Take(address), std::nullopt);
    EXPECT_EQ(Take(address), std::nullopt);
    EXPECT_EQ(Take(address), Refusal::kConnectionsPerAddress);
  }
  EXPECT_EQ(limits_->addresses(), 2);
  slots_.erase(slots_.begin());
  EXPECT_EQ(Take("192.0.2.2"), Refusal::kConnectionsPerAddress);
  EXPECT_EQ(Take("192.0.2.1"), std::nullopt);
  slots_.clear();
  EXPECT_EQ(limits_->addresses(), 0);
}

TEST_F(ConnectionLimitsTest, IPv6CountsByItsFirst64Bits) {
  Have(Limits(0, 1));
  EXPECT_EQ(Take("2001:db8:0:1::1"), std::nullopt);
  EXPECT_EQ(Take("2001:db8:0:1:ffff::2"), Refusal::kConnectionsPerAddress);
  EXPECT_EQ(Take("2001:db8:0:2::1"), std::nullopt);
  EXPECT_EQ(Take("::ffff:192.0.2.1"), std::nullopt) << "all IPv4 addresses are in one /64";
  EXPECT_EQ(Take("::ffff:192.0.2.2"), std::nullopt);
  EXPECT_EQ(Take("192.0.2.2"), Refusal::kConnectionsPerAddress);
}

TEST_F(ConnectionLimitsTest, NewConnectionsComeNoFasterThanTheRate) {
  Have(Limits(0, 0, 10));
  for (int i = 0; i < 10; ++i) EXPECT_EQ(Take(), std::nullopt) << i;
  EXPECT_EQ(Take(), Refusal::kConnectRate);
  slots_.clear();
  EXPECT_EQ(Take(), Refusal::kConnectRate) << "one that ended was one that came";
  clock_.Advance(milliseconds(100));
  EXPECT_EQ(Take(), std::nullopt);
  EXPECT_EQ(Take(), Refusal::kConnectRate);
  clock_.Advance(seconds(10));
  for (int i = 0; i < 10; ++i) EXPECT_EQ(Take(), std::nullopt) << i;
  EXPECT_EQ(Take(), Refusal::kConnectRate);
}

TEST_F(ConnectionLimitsTest, EachAddressHasItsOwnRate) {
  Have(Limits(0, 0, 0, 2));
  for (const char* address : {"192.0.2.1", "2001:db8::1"}) {
    EXPECT_EQ(Take(address), std::nullopt);
    slots_.clear();
    EXPECT_EQ(Take(address), std::nullopt);
    slots_.clear();
    EXPECT_EQ(Take(address), Refusal::kConnectRatePerAddress) << "with no connection left";
  }
  EXPECT_EQ(Take("2001:db8::2"), Refusal::kConnectRatePerAddress);
  clock_.Advance(milliseconds(500));
  EXPECT_EQ(Take("192.0.2.1"), std::nullopt);
  EXPECT_EQ(Take("192.0.2.1"), Refusal::kConnectRatePerAddress);
}

TEST_F(ConnectionLimitsTest, WhatIsRefusedTakesNothing) {
  Have(Limits(3, 1, 3, 3));
  EXPECT_EQ(Take("192.0.2.1"), std::nullopt);
  for (int i = 0; i < 100; ++i) {
    EXPECT_EQ(Take("192.0.2.1"), Refusal::kConnectionsPerAddress) << "its own doing comes first";
  }
  EXPECT_EQ(Take("192.0.2.2"), std::nullopt);
  EXPECT_EQ(Take("192.0.2.3"), std::nullopt);
  for (int i = 4; i < 100; ++i) {
    EXPECT_EQ(Take(absl::StrCat("192.0.2.", i)), Refusal::kConnections);
  }
  EXPECT_EQ(limits_->addresses(), 3);
}

TEST_F(ConnectionLimitsTest, AddressesWithoutUseAreSwept) {
  Have(Limits(0, 0, 0, 1));
  const auto take_many = [&](int third) {
    for (int i = 0; i < 60'000; ++i) {
      ASSERT_EQ(Take(absl::StrCat("10.", third, ".", i / 250, ".", i % 250)), std::nullopt);
      slots_.clear();
    }
  };
  take_many(0);
  EXPECT_EQ(limits_->addresses(), 60'000) << "each may not come again within the second";
  EXPECT_EQ(Take("10.0.0.0"), Refusal::kConnectRatePerAddress);
  clock_.Advance(seconds(1));
  for (int round = 1; round < 4; ++round) {
    take_many(round);
    clock_.Advance(seconds(1));
    EXPECT_LE(limits_->addresses(), 200'000);
  }
}

TEST_F(ConnectionLimitsTest, ThoseThatAreConnectedAreNotSwept) {
  Have(Limits(0, 1, 0, 100));
  for (int i = 0; i < 5'000; ++i) {
    ASSERT_EQ(Take(absl::StrCat("10.0.", i / 250, ".", i % 250)), std::nullopt);
    clock_.Advance(seconds(1));
  }
  for (int i = 0; i < 5'000; ++i) {
    ASSERT_EQ(Take(absl::StrCat("10.0.", i / 250, ".", i % 250)), Refusal::kConnectionsPerAddress);
  }
}

TEST_F(ConnectionLimitsTest, ManyThreadsNeverHaveMoreThanTheLimitAndLeaveNothing) {
  constexpr int kMost = 5, kThreads = 4;
  Have(Limits(kMost, 3));
  std::atomic<int> held{0}, most{0}, got{0};
  std::vector<std::thread> threads;
  for (int t = 0; t < kThreads; ++t) {
    threads.emplace_back([&, t] {
      const IpAddress address = *IpAddress::Parse(t % 2 == 0 ? "192.0.2.1" : "192.0.2.2");
      std::vector<Slot> mine;
      for (int i = 0; i < 5'000; ++i) {
        auto taken = limits_->Take(address, clock_.Now());
        if (auto* slot = std::get_if<Slot>(&taken)) {
          const int now = ++held;
          for (int seen = most; now > seen && !most.compare_exchange_weak(seen, now);) {
          }
          ++got;
          mine.push_back(std::move(*slot));
        }
        if (!mine.empty() && i % 3 != 0) {
          --held;
          mine.pop_back();
        }
      }
      held -= static_cast<int>(mine.size());
    });
  }
  for (std::thread& thread : threads) thread.join();
  EXPECT_LE(most, kMost);
  EXPECT_GT(got, kThreads);
  EXPECT_EQ(limits_->addresses(), 0);
  for (int i = 0; i < kMost; ++i) EXPECT_EQ(Take(absl::StrCat("10.0.0.", i)), std::nullopt);
  EXPECT_EQ(Take("10.0.1.1"), Refusal::kConnections);
}

}  // namespace
}  // namespace hookcast::edge
