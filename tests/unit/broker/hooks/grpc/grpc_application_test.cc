#include "broker/hooks/grpc/grpc_application.h"

#include <gtest/gtest.h>

#include <chrono>
#include <condition_variable>
#include <future>
#include <memory>
#include <mutex>
#include <string>
#include <utility>
#include <vector>

#include "broker/hooks/grpc/mailbox.h"
#include "tests/unit/broker/hooks/grpc/client_on_shard.h"
#include "tests/unit/broker/hooks/grpc/fake_application.h"
#include "tests/unit/broker/hooks/grpc/fake_dns.h"

namespace hookcast::hooks {
namespace {

// How soon it is used again on a machine that does other things meanwhile.
constexpr std::chrono::seconds kBack{10};

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
    ASSERT_LT(steady_clock::now() - asked, kBack);
    ++refusals;
  }
  EXPECT_GT(refusals, 10);

  application = std::make_unique<FakeApplication>(port);
  ASSERT_EQ(application->port(), port);
  const auto back = steady_clock::now();
  while (!shard.Upgrade().ok()) {
    ASSERT_LT(steady_clock::now() - back, kBack);
  }
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
    ASSERT_LT(steady_clock::now() - back, kBack);
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

// ---- Names -------------------------------------------------------------------------------------

class GrpcApplicationNames : public ::testing::Test {
 protected:
  std::string Target(const FakeApplication& application) const {
    return "dns://" + dns.address() + "/application.test:" + std::to_string(application.port());
  }
  // The name is looked up soon and soon again, until the application has a further call.
  static void UpgradeUntilCalled(ClientOnShard* shard, const FakeApplication& application) {
    const int before = application.calls();
    const auto began = steady_clock::now();
    while (application.calls() == before) {
      shard->application->LookUpSoon();
      (void)shard->Upgrade();
      ASSERT_LT(steady_clock::now() - began, std::chrono::seconds(10));
    }
  }

  FakeDns dns;
};

TEST_F(GrpcApplicationNames, AnAddressThatIsAddedIsUsed) {
  FakeApplication first;
  FakeApplication second(first.port(), "127.0.0.2");
  ASSERT_EQ(second.port(), first.port());
  dns.Know({"127.0.0.1"});
  ClientOnShard shard(Target(first));
  ASSERT_TRUE(shard.Upgrade().ok());
  dns.Know({"127.0.0.1", "127.0.0.2"});
  UpgradeUntilCalled(&shard, second);
  UpgradeUntilCalled(&shard, first);
}

TEST_F(GrpcApplicationNames, AnAddressThatIsReplacedIsUsedAndTheOldOneIsLeft) {
  FakeApplication first;
  FakeApplication second(first.port(), "127.0.0.2");
  dns.Know({"127.0.0.1"});
  ClientOnShard shard(Target(first));
  ASSERT_TRUE(shard.Upgrade().ok());
  dns.Know({"127.0.0.2"});
  UpgradeUntilCalled(&shard, second);
  const int asked = dns.questions();
  const auto began = steady_clock::now();
  // Each look-up asks for two kinds of address.
  while (dns.questions() < asked + 8) {
    shard.application->LookUpSoon();
    ASSERT_TRUE(shard.Upgrade().ok());
    ASSERT_LT(steady_clock::now() - began, std::chrono::seconds(20));
  }
  const int before = first.calls();
  for (int i = 0; i < 20; ++i) ASSERT_TRUE(shard.Upgrade().ok());
  EXPECT_EQ(first.calls(), before);
}

TEST_F(GrpcApplicationNames, AnApplicationThatMovesIsFoundByItsFirstFailure) {
  FakeApplication first;
  FakeApplication second(first.port(), "127.0.0.2");
  dns.Know({"127.0.0.1"});
  ClientOnShard shard(Target(first));
  ASSERT_TRUE(shard.Upgrade().ok());
  dns.Know({"127.0.0.2"});
  first.Stop();
  const auto began = steady_clock::now();
  while (!shard.Upgrade().ok()) {
    ASSERT_LT(steady_clock::now() - began, std::chrono::seconds(5));
  }
  EXPECT_GT(second.calls(), 0);
}

TEST_F(GrpcApplicationNames, FollowersAreToldOfEachLookUpUntilTheyUnfollow) {
  ShardLoop loop(ShardId{0});
  const auto mailbox = std::make_shared<Mailbox>(&loop);
  GrpcApplication application("dns://" + dns.address() + "/application.test:7");
  std::mutex mutex;
  std::condition_variable changed;
  std::vector<GrpcApplication::Addresses> told;
  const auto await = [&](auto&& holds) {
    std::unique_lock lock(mutex);
    return changed.wait_for(lock, std::chrono::seconds(20), [&] {
      application.LookUpSoon();
      return !told.empty() && holds(told.back());
    });
  };
  loop.Start();
  application.Follow(mailbox, [&](const GrpcApplication::Addresses& addresses) {
    const std::lock_guard lock(mutex);
    told.push_back(addresses);
    changed.notify_all();
  });
  EXPECT_TRUE(await([](const auto& last) { return !last.ok(); }));
  dns.Know({"192.0.2.2", "192.0.2.1"});
  const std::vector<std::string> expected{"ipv4:192.0.2.1:7", "ipv4:192.0.2.2:7"};
  EXPECT_TRUE(await([&](const auto& last) { return last.ok() && *last == expected; }));

  // A second follower is told at once what is known.
  const auto second = std::make_shared<Mailbox>(&loop);
  std::promise<GrpcApplication::Addresses> first_told;
  application.Follow(second, [&, once = false](const auto& addresses) mutable {
    if (!std::exchange(once, true)) first_told.set_value(addresses);
  });
  EXPECT_EQ(*first_told.get_future().get(), expected);

  application.Unfollow(mailbox.get());
  application.Unfollow(second.get());
  mailbox->Close();
  second->Close();
  loop.Stop();
}

TEST(GrpcApplication, FixedAddressesAreToldAsTheyAre) {
  ShardLoop loop(ShardId{0});
  const auto mailbox = std::make_shared<Mailbox>(&loop);
  GrpcApplication application("ipv4:192.0.2.1:7,192.0.2.2:8");
  std::vector<std::string> told;
  application.Follow(mailbox, [&](const auto& addresses) { told = *addresses; });
  loop.Poll();
  EXPECT_EQ(told, (std::vector<std::string>{"ipv4:192.0.2.1:7", "ipv4:192.0.2.2:8"}));
  application.Unfollow(mailbox.get());
  mailbox->Close();
}

}  // namespace
}  // namespace hookcast::hooks
