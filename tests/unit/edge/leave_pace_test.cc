#include "edge/leave_pace.h"

#include <gtest/gtest.h>

#include <algorithm>
#include <chrono>
#include <memory>
#include <thread>
#include <utility>
#include <vector>

namespace hookcast::edge {
namespace {

using std::chrono::milliseconds;
using std::chrono::seconds;

constexpr milliseconds kTick{50};

// A node whose shards look each 50 ms, each at a time of its own, whom they are to tell.
class LeavePaceTest : public testing::Test {
 protected:
  struct Shard {
    LeavePace::Part part;
    size_t left;
    std::vector<Duration> told;
  };

  void Begin(LeavePace::Rate rate, const std::vector<size_t>& peers) {
    const auto pace = std::make_shared<LeavePace>(rate, begun_);
    for (const size_t count : peers) shards_.push_back({{pace, count}, count, {}});
  }

  void RunFor(Duration time) {
    const auto apart = milliseconds(kTick) / static_cast<int>(shards_.size() + 1);
    for (const TimePoint end = now_ + time; now_ <= end; now_ += kTick) {
      for (size_t i = 0; i < shards_.size(); ++i) Look(&shards_[i], now_ + i * apart);
    }
  }

  void Look(Shard* shard, TimePoint now) {
    while (shard->left > 0 && shard->part.TakeTurn(shard->left, now)) {
      --shard->left;
      shard->told.push_back(now - begun_);
    }
  }

  std::vector<Duration> Told() const {
    std::vector<Duration> all;
    for (const Shard& shard : shards_) all.insert(all.end(), shard.told.begin(), shard.told.end());
    std::sort(all.begin(), all.end());
    return all;
  }

  // Each at its turn, or within two looks behind it.
  void ExpectEven(size_t peers, Duration over) {
    const std::vector<Duration> told = Told();
    ASSERT_EQ(told.size(), peers);
    for (size_t i = 0; i < peers; ++i) {
      const auto last = static_cast<int64_t>(std::max<size_t>(1, peers - 1));
      const Duration turn = over * static_cast<int64_t>(i) / last;
      EXPECT_GE(told[i], turn - std::chrono::microseconds(1)) << i;
      EXPECT_LE(told[i], turn + 2 * kTick) << i;
    }
  }

  const TimePoint begun_{std::chrono::hours(1)};
  TimePoint now_ = begun_;
  std::vector<Shard> shards_;
};

TEST_F(LeavePaceTest, TheFirstLeavesAtOnceAndTheLastAtTheEndWhateverShardsTheyAreOn) {
  for (const std::vector<size_t>& peers : {std::vector<size_t>{1},
                                           {2},
                                           {1, 1},
                                           {2, 2},
                                           {0, 3},
                                           {5, 1, 0, 1},
                                           {0, 0, 1, 1},
                                           std::vector<size_t>(16, 1),
                                           std::vector<size_t>{100, 3, 40},
                                           std::vector<size_t>(16, 70)}) {
    shards_.clear();
    now_ = begun_;
    Begin({.over = seconds(60)}, peers);
    RunFor(seconds(61));
    size_t all = 0;
    for (const size_t count : peers) all += count;
    SCOPED_TRACE(all);
    ExpectEven(all, seconds(60));
  }
}

TEST_F(LeavePaceTest, ManyAreToldByEachShardAsItHasThem) {
  Begin({.over = seconds(10)}, {10'000, 5'000, 5'000});
  RunFor(seconds(5));
  for (const auto& [shard, half] : {std::pair(0, 5'000), {1, 2'500}, {2, 2'500}}) {
    const size_t told = shards_[static_cast<size_t>(shard)].told.size();
    EXPECT_NEAR(static_cast<double>(told), half, 100) << shard;
  }
  RunFor(seconds(6));
  ExpectEven(20'000, seconds(10));
}

TEST_F(LeavePaceTest, FewTakeNoLongerThanTheLeastAllowsForAllOfTheNode) {
  Begin({.over = seconds(60), .least = 10}, {10, 10});
  RunFor(seconds(3));
  ExpectEven(20, seconds(2));
}

TEST_F(LeavePaceTest, WhoLeavesUnaskedMakesNobodyLeaveSooner) {
  Begin({.over = seconds(10)}, {4, 7});
  RunFor(seconds(1));
  EXPECT_EQ(Told().size(), 2u);
  // Half of those who are left.
  shards_[0].left -= 1;
  shards_[1].left -= 4;
  RunFor(seconds(5));
  EXPECT_EQ(Told().size(), 2u);
  RunFor(seconds(5));
  const std::vector<Duration> told = Told();
  ASSERT_EQ(told.size(), 6u);
  EXPECT_GE(told[2], seconds(7));
  EXPECT_GE(told[5], seconds(10));
  EXPECT_LE(told[5], seconds(10) + 2 * kTick);
}

TEST_F(LeavePaceTest, ShardsThatLookAtTheSameTimeTellNoMoreThanAreDue) {
  Begin({.over = seconds(60)}, {1'000, 500, 3, 1'001});
  std::vector<std::thread> threads;
  for (Shard& shard : shards_) {
    threads.emplace_back([this, &shard] { Look(&shard, begun_ + seconds(30)); });
  }
  for (std::thread& thread : threads) thread.join();
  EXPECT_EQ(Told().size(), 1'252u);
}

TEST_F(LeavePaceTest, WithoutATimeAllLeaveAtOnce) {
  Begin({}, {3, 4});
  for (Shard& shard : shards_) Look(&shard, begun_);
  EXPECT_EQ(Told().size(), 7u);
}

}  // namespace
}  // namespace hookcast::edge
