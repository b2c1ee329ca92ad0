#include "broker/hooks/grpc/name_lookup.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <atomic>
#include <chrono>
#include <future>
#include <string>
#include <thread>

#include "tests/unit/broker/hooks/grpc/fake_dns.h"

namespace hookcast::hooks {
namespace {

using std::chrono::seconds;
using std::chrono::steady_clock;
using ::testing::ElementsAre;
using ::testing::HasSubstr;

class NameLookup : public ::testing::Test {
 protected:
  absl::StatusOr<std::vector<std::string>> Find(const std::string& host = "app.test") {
    return LookUp({host, 7, dns.address()}, stop);
  }

  FakeDns dns;
  std::atomic<bool> stop{false};
};

TEST_F(NameLookup, FindsAllAddressesSortedAndEachOnce) {
  dns.Know({"192.0.2.3", "192.0.2.1", "192.0.2.3", "192.0.2.2"});
  const auto found = Find();
  ASSERT_TRUE(found.ok()) << found.status();
  EXPECT_THAT(*found, ElementsAre("ipv4:192.0.2.1:7", "ipv4:192.0.2.2:7", "ipv4:192.0.2.3:7"));
  dns.Know({"192.0.2.9"});
  EXPECT_THAT(*Find(), ElementsAre("ipv4:192.0.2.9:7"));  // nothing is remembered
}

TEST_F(NameLookup, ANameThatIsUnknownOrHasNoAddressIsUnavailableAndNamed) {
  const auto unknown = Find("nobody.test");
  EXPECT_EQ(unknown.status().code(), absl::StatusCode::kUnavailable);
  EXPECT_THAT(std::string(unknown.status().message()), HasSubstr("\"nobody.test\""));
  dns.Know({});
  const auto none = Find();
  EXPECT_EQ(none.status().code(), absl::StatusCode::kUnavailable);
  EXPECT_THAT(std::string(none.status().message()), HasSubstr("\"app.test\""));
}

TEST_F(NameLookup, AnAddressNeedsNoServer) {
  EXPECT_THAT(*Find("192.0.2.1"), ElementsAre("ipv4:192.0.2.1:7"));
  EXPECT_EQ(dns.questions(), 0);
  EXPECT_THAT(*Find("2001:db8::1"), ElementsAre("ipv6:[2001:db8::1]:7"));
  EXPECT_EQ(dns.questions(), 0);
}

TEST_F(NameLookup, WhatIsNoNameIsUnavailable) {
  for (const std::string name : {"", "a..b", "app:99999", "https://app:443"}) {
    EXPECT_EQ(Find(name).status().code(), absl::StatusCode::kUnavailable) << name;
  }
  EXPECT_EQ(LookUp({"app.test", 7, "no server"}, stop).status().code(),
            absl::StatusCode::kUnavailable);
}

TEST_F(NameLookup, AServerThatIsSilentIsGivenUpWithinSeconds) {
  dns.BeSilent();
  const auto began = steady_clock::now();
  const auto found = Find();
  EXPECT_EQ(found.status().code(), absl::StatusCode::kUnavailable);
  EXPECT_THAT(std::string(found.status().message()), HasSubstr("Timeout"));
  EXPECT_LT(steady_clock::now() - began, seconds(8));
}

TEST_F(NameLookup, EndsSoonAfterItIsToldToStop) {
  dns.BeSilent();
  auto found = std::async(std::launch::async, [&] { return Find(); });
  while (dns.questions() == 0) std::this_thread::yield();
  const auto began = steady_clock::now();
  stop = true;
  EXPECT_EQ(found.get().status().code(), absl::StatusCode::kUnavailable);
  EXPECT_LT(steady_clock::now() - began, seconds(2));
}

}  // namespace
}  // namespace hookcast::hooks
