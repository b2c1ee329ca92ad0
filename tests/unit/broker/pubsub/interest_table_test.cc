#include "broker/pubsub/interest_table.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <map>
#include <random>
#include <thread>
#include <vector>

#include "tests/fakes/recording_backplane.h"

namespace hookcast::pubsub {
namespace {

using testing::ElementsAre;
using testing::IsEmpty;
using testing::UnorderedElementsAre;

TEST(InterestTable, TellsTheBackplaneOfTheFirstShardAndTheLast) {
  fakes::RecordingBackplane backplane;
  InterestTable interest(&backplane);
  EXPECT_THAT(interest.ShardsOf("a"), IsEmpty());
  interest.Add("a", ShardId{0});
  interest.Add("a", ShardId{2});
  EXPECT_THAT(interest.ShardsOf("a"), UnorderedElementsAre(ShardId{0}, ShardId{2}));
  EXPECT_THAT(backplane.interest(), ElementsAre("+a"));
  interest.Remove("a", ShardId{0});
  EXPECT_THAT(interest.ShardsOf("a"), ElementsAre(ShardId{2}));
  EXPECT_THAT(backplane.interest(), ElementsAre("+a"));
  interest.Remove("a", ShardId{2});
  EXPECT_THAT(interest.ShardsOf("a"), IsEmpty());
  EXPECT_THAT(backplane.interest(), ElementsAre("+a", "-a"));
  interest.Add("a", ShardId{1});
  EXPECT_THAT(backplane.interest(), ElementsAre("+a", "-a", "+a"));
}

TEST(InterestTable, KeepsNamesApart) {
  fakes::RecordingBackplane backplane;
  InterestTable interest(&backplane);
  const std::string nul("a\0b", 3);
  interest.Add("", ShardId{0});
  interest.Add("a", ShardId{1});
  interest.Add(nul, ShardId{2});
  EXPECT_THAT(interest.ShardsOf(""), ElementsAre(ShardId{0}));
  EXPECT_THAT(interest.ShardsOf("a"), ElementsAre(ShardId{1}));
  EXPECT_THAT(interest.ShardsOf(nul), ElementsAre(ShardId{2}));
  EXPECT_THAT(interest.ShardsOf("*"), IsEmpty());
  interest.Remove("a", ShardId{1});
  EXPECT_THAT(interest.ShardsOf(nul), ElementsAre(ShardId{2}));
}

TEST(InterestTable, RemovingWhatWasNotAddedTellsNobody) {
  fakes::RecordingBackplane backplane;
  InterestTable interest(&backplane);
  interest.Remove("a", ShardId{0});
  EXPECT_THAT(backplane.interest(), IsEmpty());
}

TEST(InterestTable, HoldsAnyNumberOfShards) {
  fakes::RecordingBackplane backplane;
  InterestTable interest(&backplane);
  for (uint16_t shard = 0; shard < 64; ++shard) interest.Add("a", ShardId{shard});
  EXPECT_EQ(interest.ShardsOf("a").size(), 64);
  for (uint16_t shard = 0; shard < 64; ++shard) interest.Remove("a", ShardId{shard});
  EXPECT_THAT(backplane.interest(), ElementsAre("+a", "-a"));
}

// Whatever the threads do, the backplane hears of each namespace by turns, and last what is true.
TEST(InterestTable, ShardsThatComeAndGoTogetherLeaveTheBackplaneRight) {
  constexpr uint16_t kShards = 4;
  fakes::RecordingBackplane backplane;
  InterestTable interest(&backplane);
  std::vector<std::string> names;
  for (int i = 0; i < 20; ++i) names.push_back("ns" + std::to_string(i));

  std::vector<std::thread> shards;
  for (uint16_t shard = 0; shard < kShards; ++shard) {
    shards.emplace_back([&, shard] {
      std::mt19937 random(shard);
      std::vector<bool> wanted(names.size());
      for (int i = 0; i < 4000; ++i) {
        const size_t n = random() % names.size();
        if (wanted[n]) {
          interest.Remove(names[n], ShardId{shard});
        } else {
          interest.Add(names[n], ShardId{shard});
        }
        wanted[n] = !wanted[n];
        const auto now = interest.ShardsOf(names[n]);
        EXPECT_EQ(std::count(now.begin(), now.end(), ShardId{shard}), wanted[n] ? 1 : 0);
      }
      // The even ones stay wanted by all.
      for (size_t n = 0; n < names.size(); ++n) {
        if (wanted[n] && n % 2 != 0) interest.Remove(names[n], ShardId{shard});
        if (!wanted[n] && n % 2 == 0) interest.Add(names[n], ShardId{shard});
      }
    });
  }
  for (std::thread& shard : shards) shard.join();

  std::map<std::string, bool> subscribed;
  for (const std::string& event : backplane.interest()) {
    bool& now = subscribed[event.substr(1)];
    ASSERT_EQ(now, event[0] == '-') << event << " came twice";
    now = event[0] == '+';
  }
  for (size_t n = 0; n < names.size(); ++n) {
    EXPECT_EQ(subscribed[names[n]], n % 2 == 0) << names[n];
    EXPECT_EQ(interest.ShardsOf(names[n]).size(), n % 2 == 0 ? kShards : 0) << names[n];
  }
}

TEST(InterestTable, WhoHoldsANamespaceWantsItAsAShardDoesButGetsNoMessages) {
  fakes::RecordingBackplane backplane;
  InterestTable interest(&backplane);
  interest.Hold("/a");
  interest.Hold("/a");
  EXPECT_TRUE(interest.ShardsOf("/a").empty());
  interest.Add("/a", ShardId{1});
  interest.Release("/a");
  interest.Remove("/a", ShardId{1});
  EXPECT_EQ(backplane.interest(), std::vector<std::string>({"+/a"}));
  interest.Release("/a");
  EXPECT_EQ(backplane.interest(), std::vector<std::string>({"+/a", "-/a"}));
  interest.Add("/a", ShardId{1});
  interest.Hold("/a");
  interest.Remove("/a", ShardId{1});
  EXPECT_EQ(backplane.interest().size(), 3u);
  interest.Release("/a");
  EXPECT_EQ(backplane.interest().size(), 4u);
}

}  // namespace
}  // namespace hookcast::pubsub
