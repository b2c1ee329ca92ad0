#include "edge/shard.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <chrono>
#include <string>
#include <vector>

#include "broker/hooks/static_rules.h"
#include "edge/session.h"
#include "tests/unit/edge/test_shard.h"

namespace hookcast::edge {
namespace {

constexpr hooks::CloseDetails kClosed{1012, "", hooks::ClosedBy::kNode, true};

class ShardTest : public testing::Test {
 protected:
  ShardTest() {
    config::Route route;
    route.path = "/r";
    route.static_rules.emplace();
    node_.emplace(TestShard::ConfigOf({route}));
  }

  size_t Told() const {
    size_t told = 0;
    for (const TestShard::Opened& peer : peers_) told += peer.transport->closes.empty() ? 0 : 1;
    return told;
  }

  void End(const TestShard::Opened& peer) {
    peer.session->OnClosed(kClosed);
    peer.session->OnReleased();
  }

  // Of a node whose only shard this is.
  static std::shared_ptr<LeavePace> Over(Duration over, double least = 0) {
    return std::make_shared<LeavePace>(LeavePace::Rate{.over = over, .least = least},
                                       Clock::System().Now());
  }

  std::optional<TestShard> node_;
  std::vector<TestShard::Opened> peers_;
};

TEST_F(ShardTest, ClosesAllPeersInBatchesAndTellsWhenTheLastHasEnded) {
  for (int i = 0; i < 1'200; ++i) peers_.push_back(node_->Open("ns"));
  EXPECT_FALSE(node_->shard().closing());
  int done = 0;
  node_->shard().CloseAll([&] { ++done; });
  EXPECT_TRUE(node_->shard().closing());
  EXPECT_EQ(Told(), 500);
  node_->RunReady();
  EXPECT_EQ(Told(), 500) << "the next ones come after a while";
  ASSERT_TRUE(node_->RunUntil([&] { return Told() > 500; }));
  EXPECT_EQ(Told(), 1'000);
  ASSERT_TRUE(node_->RunUntil([&] { return Told() == 1'200; }));
  for (const TestShard::Opened& peer : peers_) {
    ASSERT_EQ(peer.transport->closes.size(), 1);
    EXPECT_EQ(peer.transport->closes[0].code, 1012);
    EXPECT_EQ(peer.transport->closes[0].by, hooks::ClosedBy::kNode);
  }
  for (size_t i = 0; i < peers_.size(); ++i) {
    EXPECT_EQ(done, 0) << i;
    End(peers_[i]);
  }
  EXPECT_EQ(done, 1);
  node_->RunReady();
  EXPECT_EQ(node_->shard().session_count(), 0);
  EXPECT_EQ(node_->GaugesLeft(), "");
}

TEST_F(ShardTest, PeersThatEndBetweenBatchesLeaveNobodyUntold) {
  for (int i = 0; i < 1'600; ++i) peers_.push_back(node_->Open("ns"));
  int done = 0;
  node_->shard().CloseAll([&] { ++done; });
  // Those told first end, and some from either end of those that were not told yet.
  std::vector<bool> ended(peers_.size());
  for (size_t i = 0; i < peers_.size(); ++i) {
    if (!peers_[i].transport->closes.empty() || i % 7 == 0) {
      End(peers_[i]);
      ended[i] = true;
    }
  }
  ASSERT_TRUE(node_->RunUntil([&] {
    for (size_t i = 0; i < peers_.size(); ++i) {
      if (!ended[i] && peers_[i].transport->closes.empty()) return false;
    }
    return true;
  }));
  for (size_t i = 0; i < peers_.size(); ++i) {
    if (!ended[i]) End(peers_[i]);
  }
  EXPECT_EQ(done, 1);
}

TEST_F(ShardTest, ToldToTakeItsTimeItClosesPeersEvenly) {
  constexpr std::chrono::milliseconds kOver{1'200};
  for (int i = 0; i < 40; ++i) peers_.push_back(node_->Open("ns"));
  const auto start = std::chrono::steady_clock::now();
  int done = 0;
  node_->shard().CloseAll([&] { ++done; }, Over(kOver));
  EXPECT_EQ(Told(), 1u);
  size_t steps = 0;
  for (size_t told = 1; told < 40;) {
    ASSERT_TRUE(node_->RunUntil([&] { return Told() > told; }));
    told = Told();
    ++steps;
    const auto passed = std::chrono::duration<double>(std::chrono::steady_clock::now() - start);
    EXPECT_LE(static_cast<double>(told), 39 * (passed / kOver) + 1);
  }
  EXPECT_GE(steps, 2u);
  EXPECT_GE(std::chrono::steady_clock::now() - start, kOver);
  for (const TestShard::Opened& peer : peers_) End(peer);
  EXPECT_EQ(done, 1);
}

TEST_F(ShardTest, FewPeersTakeNoLongerThanTheLeastPaceAllows) {
  for (int i = 0; i < 10; ++i) peers_.push_back(node_->Open("ns"));
  const auto start = std::chrono::steady_clock::now();
  node_->shard().CloseAll([] {}, Over(std::chrono::hours(1), /*least=*/100));
  ASSERT_TRUE(node_->RunUntil([&] { return Told() == 10; }));
  EXPECT_GE(std::chrono::steady_clock::now() - start, std::chrono::milliseconds(90));
}

TEST_F(ShardTest, ToldAgainItGoesOnAtTheNewPace) {
  for (int i = 0; i < 10; ++i) peers_.push_back(node_->Open("ns"));
  int first = 0;
  int second = 0;
  node_->shard().CloseAll([&] { ++first; }, Over(std::chrono::hours(1)));
  EXPECT_EQ(Told(), 1u);
  node_->shard().CloseAll([&] { ++second; });
  EXPECT_EQ(Told(), 10u);
  for (const TestShard::Opened& peer : peers_) {
    EXPECT_EQ(peer.transport->closes.size(), 1u);
    End(peer);
  }
  EXPECT_EQ(first, 0);
  EXPECT_EQ(second, 1);
}

TEST_F(ShardTest, ClosingAShardWithoutPeersIsDoneAtOnce) {
  int done = 0;
  node_->shard().CloseAll([&] { ++done; });
  EXPECT_EQ(done, 1);
}

TEST_F(ShardTest, SessionsMayEndInAnyOrder) {
  for (int i = 0; i < 50; ++i) peers_.push_back(node_->Open("ns"));
  for (size_t i = 0; i < peers_.size(); ++i) End(peers_[i * 17 % peers_.size()]);
  node_->RunReady();
  EXPECT_EQ(node_->shard().session_count(), 0);
  for (const TestShard::Opened& peer : peers_) EXPECT_TRUE(peer.transport->destroyed);
}

TEST_F(ShardTest, EachRouteHasAClientOfItsOwn) {
  TestShard node(TestShard::ConfigOf({TestShard::RouteAt("/a"), TestShard::RouteAt("/b")}));
  node.Open("ns", 1);
  EXPECT_EQ(node.application(0).calls().size(), 0);
  EXPECT_EQ(node.application(1).calls().size(), 1);
  EXPECT_EQ(&node.shard().BindingOf(node.shard().routes().routes()[1]).route->path,
            &node.shard().routes().routes()[1].path);
}

}  // namespace
}  // namespace hookcast::edge
