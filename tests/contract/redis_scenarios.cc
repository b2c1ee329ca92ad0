#include "tests/contract/redis_scenarios.h"

#include <gtest/gtest.h>

#include <atomic>
#include <chrono>
#include <functional>
#include <random>
#include <set>
#include <string>
#include <thread>
#include <vector>

#include "absl/strings/str_cat.h"
#include "tests/integration/client/ask_until.h"

namespace hookcast::contract {
namespace {

using std::chrono::milliseconds;
using std::chrono::seconds;

milliseconds Since(std::chrono::steady_clock::time_point start) {
  return std::chrono::duration_cast<milliseconds>(std::chrono::steady_clock::now() - start);
}

// Of links that were just killed: so many have gone in all, and are back.
void AwaitBack(RedisNode* node, uint64_t lost) {
  EXPECT_TRUE(node->AwaitLost(lost));
  EXPECT_TRUE(node->AwaitReady());
}

}  // namespace

void BreakAmidResubscription(testing::RedisProcess* redis, RedisNode* a, RedisNode* b,
                             size_t namespaces, int rounds) {
  std::vector<std::string> names;
  for (size_t i = 0; i < namespaces; ++i) names.push_back(absl::StrCat("ns", i));
  ASSERT_TRUE(b->Hear(names));
  std::mt19937 random(7);
  for (int round = 0; round < rounds; ++round) {
    const uint64_t lost_a = a->metrics().backplane_links_lost.value();
    const uint64_t lost_b = b->metrics().backplane_links_lost.value();
    redis->Call({"CLIENT", "KILL", "TYPE", "pubsub"});
    // The second falls into the resubscription: some of it is there.
    const size_t some = 1 + random() % (namespaces * 4 / 5);
    const auto first = std::chrono::steady_clock::now();
    while (redis->Call({"PUBSUB", "CHANNELS", "hookcast:ns:*"}).size() < some &&
           Since(first) < seconds(5)) {
    }
    // Each link dies twice, whenever it is seen.
    redis->Call({"CLIENT", "KILL", "TYPE", "pubsub"});
    const auto second = std::chrono::steady_clock::now();
    AwaitBack(b, lost_b + 2);
    AwaitBack(a, lost_a + 1);
    // Redis is who knows: a node's health is a moment behind its links.
    EXPECT_TRUE(redis->AwaitSubscribed(names.size(), "hookcast:ns:*")) << "round " << round;
    EXPECT_LT(Since(second), seconds(2)) << "round " << round;
    const size_t before = b->receiver().count();
    for (const std::string& ns : names) {
      a->Post(ns, absl::StrCat(round), "",
              [](absl::Status status, uint64_t) { EXPECT_TRUE(status.ok()) << status; });
    }
    ASSERT_TRUE(b->receiver().AwaitCount(before + names.size())) << "round " << round;
    std::set<std::string> heard;
    const auto messages = b->receiver().messages();
    for (size_t i = before; i < messages.size(); ++i) heard.insert(messages[i]->ns);
    EXPECT_EQ(heard.size(), names.size()) << "round " << round;
  }
  // Each namespace was told of each break in which it was heard, and of no other.
  std::set<std::string> told;
  for (const auto& gap : b->receiver().gaps()) {
    EXPECT_TRUE(gap.what.ends_with(" ?")) << gap.what;
    told.insert(gap.what);
  }
  EXPECT_EQ(told.size(), names.size());
  EXPECT_LE(b->receiver().gaps().size(), 2 * static_cast<size_t>(rounds) * names.size());
}

void DieAtAnyInstant(testing::RedisProcess* redis, RedisNode* a, RedisNode* b, int rounds) {
  constexpr int kNames = 50;
  std::vector<std::string> names;
  for (int i = 0; i < kNames; ++i) names.push_back(absl::StrCat("ns", i));
  ASSERT_TRUE(a->Hear(names));
  ASSERT_TRUE(b->Hear(names));
  std::atomic<bool> over = false;
  std::atomic<int> asked = 0;
  std::atomic<int> answered = 0;
  std::thread publisher([&] {
    for (int i = 0; !over; ++i) {
      ++asked;
      a->Post(names[static_cast<size_t>(i) % names.size()], "x", "",
              [&](absl::Status, uint64_t) { ++answered; });
      if (i % 20 == 0) std::this_thread::sleep_for(milliseconds(1));
    }
  });
  std::mt19937 random(11);
  for (int round = 0; round < rounds; ++round) {
    // Not in place of an event: the instant is what is tried.
    std::this_thread::sleep_for(std::chrono::microseconds(random() % 30'000));
    switch (random() % 3) {
      case 0:
        redis->Kill();
        std::this_thread::sleep_for(std::chrono::microseconds(random() % 10'000));
        redis->Restart();
        break;
      case 1:
        redis->Call({"CLIENT", "KILL", "TYPE", "normal"});
        break;
      default:
        redis->Call({"CLIENT", "KILL", "TYPE", "pubsub"});
    }
  }
  over = true;
  publisher.join();
  testing::AskUntil([&] { return answered >= asked; }, std::identity(), seconds(10));
  EXPECT_EQ(answered, asked) << "each publish is answered once";
  ASSERT_TRUE(a->AwaitReady());
  ASSERT_TRUE(b->AwaitReady());
  const size_t before = b->receiver().count();
  // A node may not have seen the last blow yet.
  for (const std::string& ns : names) {
    EXPECT_TRUE(testing::AskUntil([&] { return a->Publish(ns, "end").status.ok(); },
                                  std::identity(), seconds(10)));
  }
  EXPECT_TRUE(b->receiver().AwaitCount(before + names.size()));
}

}  // namespace hookcast::contract
