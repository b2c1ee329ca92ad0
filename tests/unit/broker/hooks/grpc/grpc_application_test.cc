#include "broker/hooks/grpc/grpc_application.h"

#include <gtest/gtest.h>

#include <chrono>
#include <memory>
#include <string>

#include "tests/unit/broker/hooks/grpc/client_on_shard.h"
#include "tests/unit/broker/hooks/grpc/fake_application.h"
#include "tests/unit/broker/hooks/grpc/fake_dns.h"

namespace hookcast::hooks {
namespace {

using std::chrono::steady_clock;

TEST(GrpcApplication, UpgradeIsAskedEachTime) {
  FakeApplication application;
  application.on_upgrade = [](const v1::UpgradeRequest&, v1::UpgradeReply*) {
    return grpc::Status(grpc::StatusCode::UNIMPLEMENTED, "");
  };
  ClientOnShard shard(application.address());
  for (int i = 1; i <= 3; ++i) {
    EXPECT_EQ(shard.Upgrade().status().code(), absl::StatusCode::kUnimplemented);
    EXPECT_EQ(application.calls(), i);
  }
}

TEST(GrpcApplication, IsUnavailableAtOnceWhereNobodyListens) {
  std::string address;
  {
    const FakeApplication gone;
    address = gone.address();
  }
  ClientOnShard shard("dns:///" + address);
  const auto before = steady_clock::now();
  EXPECT_EQ(shard.Upgrade(std::chrono::seconds(20)).status().code(),
            absl::StatusCode::kUnavailable);
  EXPECT_EQ(shard.Call(ClientOnShard::Message("x"), std::chrono::seconds(20)).status().code(),
            absl::StatusCode::kUnavailable);
  EXPECT_LT(steady_clock::now() - before, std::chrono::seconds(5));
}

TEST(GrpcApplication, IsUsedWithinTwoSecondsOfItsReturn) {
  auto application = std::make_unique<FakeApplication>();
  const int port = application->port();
  ClientOnShard shard("dns:///" + application->address());
  ASSERT_TRUE(shard.Upgrade().ok());
  application.reset();

  // Away for long enough that the pauses between attempts are at their longest.
  const auto left = steady_clock::now();
  int refusals = 0;
  while (steady_clock::now() - left < std::chrono::seconds(4)) {
    const auto asked = steady_clock::now();
    ASSERT_EQ(shard.Upgrade().status().code(), absl::StatusCode::kUnavailable);
    ASSERT_LT(steady_clock::now() - asked, std::chrono::seconds(2));
    ++refusals;
  }
  EXPECT_GT(refusals, 10);

  application = std::make_unique<FakeApplication>(port);
  ASSERT_EQ(application->port(), port);
  const auto back = steady_clock::now();
  while (!shard.Upgrade().ok()) {
    ASSERT_LT(steady_clock::now() - back, std::chrono::seconds(2));
  }
  EXPECT_LT(steady_clock::now() - back, std::chrono::seconds(2));
}

TEST(GrpcApplication, IsUsedWithinTwoSecondsOfItsNamesReturn) {
  FakeApplication application;
  FakeDns dns;
  ClientOnShard shard("dns://" + dns.address() +
                      "/application.test:" + std::to_string(application.port()));
  // gRPC's own pauses between look-ups are beyond four seconds by then.
  const auto began = steady_clock::now();
  while (steady_clock::now() - began < std::chrono::milliseconds(5500)) {
    ASSERT_EQ(shard.Upgrade().status().code(), absl::StatusCode::kUnavailable);
  }
  EXPECT_GT(dns.questions(), 3);
  EXPECT_LT(dns.questions(), 60);

  dns.KnowAllNames();
  const auto back = steady_clock::now();
  while (!shard.Upgrade().ok()) {
    ASSERT_LT(steady_clock::now() - back, std::chrono::seconds(2));
  }
  EXPECT_EQ(application.calls(), 1);
}

TEST(GrpcApplication, TakesTurnsOverItsAddressesAndDoesWithoutOneThatDies) {
  FakeApplication first;
  FakeApplication second;
  ClientOnShard shard("ipv4:" + first.address() + "," + second.address());
  while (first.calls() == 0 || second.calls() == 0) ASSERT_TRUE(shard.Upgrade().ok());
  const int before = second.calls();
  first.Stop();
  // One call may still have gone into the connection that died; no more than that.
  int failures = 0;
  for (int i = 0; i < 100; ++i) {
    const auto reply = shard.Upgrade();
    if (reply.ok()) continue;
    EXPECT_EQ(reply.status().code(), absl::StatusCode::kUnavailable) << reply.status();
    ++failures;
  }
  EXPECT_LE(failures, 1);
  EXPECT_EQ(second.calls() - before, 100 - failures);
}

}  // namespace
}  // namespace hookcast::hooks
