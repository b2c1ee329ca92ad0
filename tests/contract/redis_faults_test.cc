#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <atomic>
#include <future>
#include <memory>
#include <mutex>
#include <optional>
#include <random>
#include <semaphore>
#include <string>
#include <thread>
#include <vector>

#include "absl/strings/str_cat.h"
#include "tests/contract/redis_node.h"
#include "tests/contract/redis_scenarios.h"
#include "tests/integration/client/ask_until.h"
#include "tests/integration/redis_process.h"
#include "tests/integration/tcp_proxy.h"

// Two nodes, and a Redis that fails.

namespace hookcast::contract {
namespace {

using backplane::RedisSettings;
using std::chrono::milliseconds;
using std::chrono::seconds;
using ::testing::AnyOf;
using ::testing::Contains;
using ::testing::ElementsAre;
using ::testing::HasSubstr;
using ::testing::IsEmpty;
using testing::RedisProcess;
using testing::SilentPort;
using testing::TcpProxy;

constexpr Incarnation kA{0xa};
constexpr Incarnation kB{0xb};

class RedisFaultsTest : public ::testing::Test {
 protected:
  RedisSettings Settings() const { return RedisNode::QuickSettings(redis_->port()); }
  void StartBoth(const std::vector<std::string>& namespaces) {
    a_.emplace(kA, Settings());
    b_.emplace(kB, Settings());
    ASSERT_TRUE(a_->Hear(namespaces));
    ASSERT_TRUE(b_->Hear(namespaces));
  }
  static void AwaitLost(RedisNode* node, uint64_t links) { EXPECT_TRUE(node->AwaitLost(links)); }
  static milliseconds Since(std::chrono::steady_clock::time_point start) {
    return std::chrono::duration_cast<milliseconds>(std::chrono::steady_clock::now() - start);
  }

  const std::unique_ptr<RedisProcess> redis_ = RedisProcess::Start();
  std::optional<RedisNode> a_;
  std::optional<RedisNode> b_;
};

// B07.
TEST_F(RedisFaultsTest, WithoutRedisANodesOwnPeersAreServedAndPublishersAreToldAtOnce) {
  StartBoth({"ns"});
  redis_->Kill();
  EXPECT_THAT(a_->AwaitUnready(), HasSubstr(absl::StrCat("Redis at 127.0.0.1:", redis_->port())));
  AwaitLost(&*a_, 2);
  const auto start = std::chrono::steady_clock::now();
  const RedisNode::Answer answer = a_->Publish("ns", "here");
  EXPECT_LT(Since(start), milliseconds(500));
  EXPECT_EQ(answer.status.code(), absl::StatusCode::kUnavailable);
  EXPECT_FALSE(pubsub::OthersMayHaveIt(answer.status));
  EXPECT_EQ(answer.local_count, 1);
  EXPECT_THAT(a_->Received(), ElementsAre("ns here"));
  EXPECT_THAT(b_->Received(), IsEmpty());
}

TEST_F(RedisFaultsTest, ARestartOfRedisIsSurvivedAndToldAsAGap) {
  StartBoth({"ns"});
  EXPECT_TRUE(a_->Publish("ns", "before").status.ok());
  ASSERT_TRUE(b_->receiver().AwaitCount(1));
  redis_->Kill();
  b_->AwaitUnready();
  a_->AwaitUnready();
  redis_->Restart();
  ASSERT_TRUE(a_->AwaitReady());
  ASSERT_TRUE(b_->AwaitReady());
  EXPECT_TRUE(a_->Publish("ns", "after").status.ok());
  ASSERT_TRUE(b_->receiver().AwaitCount(2));
  EXPECT_THAT(b_->Received(), ElementsAre("ns before", "ns missed ?", "ns after"));
  EXPECT_GE(b_->metrics().backplane_links_lost.value(), 2);
  EXPECT_EQ(b_->metrics().backplane_gaps.value(metrics::Gap::kUnknown), 1);
}

// B01.
TEST_F(RedisFaultsTest, APortThatRefusesAndThenNeverAnswersIsTriedUntilRedisIsBack) {
  StartBoth({"ns"});
  redis_->Kill();
  a_->AwaitUnready();
  b_->AwaitUnready();
  {
    const SilentPort silent(redis_->port());
    EXPECT_TRUE(b_->AwaitReason("took longer than"));
    EXPECT_FALSE(a_->Publish("ns", "lost").status.ok());
  }
  redis_->Restart();
  const auto start = std::chrono::steady_clock::now();
  ASSERT_TRUE(a_->AwaitReady());
  ASSERT_TRUE(b_->AwaitReady());
  EXPECT_LT(Since(start), seconds(5));
  EXPECT_TRUE(a_->Publish("ns", "found").status.ok());
  EXPECT_TRUE(b_->receiver().AwaitCount(1));
  EXPECT_THAT(b_->Received(), ElementsAre("ns missed ?", "ns found"));
}

TEST_F(RedisFaultsTest, ANodeThatStartsWithoutRedisIsReadyOnceThereIsOne) {
  redis_->Kill();
  a_.emplace(kA, Settings());
  a_->backplane().Subscribe("ns");
  EXPECT_FALSE(a_->backplane().Health().ok());
  const auto start = std::chrono::steady_clock::now();
  EXPECT_FALSE(a_->AwaitHeard("ns"));
  EXPECT_GE(Since(start), milliseconds(900));
  EXPECT_LT(Since(start), seconds(3));
  redis_->Restart();
  EXPECT_TRUE(a_->AwaitReady());
  EXPECT_TRUE(a_->AwaitHeard("ns"));
  EXPECT_THAT(a_->Received(), ElementsAre("ns missed ?")) << "who was told that it is not heard";
}

TEST_F(RedisFaultsTest, AHostThatCannotBeLookedUpHoldsNobodyUp) {
  RedisSettings settings = Settings();
  settings.host = "no-such-host.invalid";
  a_.emplace(kA, settings);
  const auto start = std::chrono::steady_clock::now();
  EXPECT_TRUE(a_->AwaitReason("Redis at no-such-host.invalid:"));
  EXPECT_EQ(a_->Publish("ns", "x").local_count, 1);
  a_.reset();
  EXPECT_LT(Since(start), seconds(2));
}

TEST_F(RedisFaultsTest, AStallThatEndsInTimeTellsNothing) {
  StartBoth({"ns"});
  EXPECT_TRUE(a_->Publish("ns", "before").status.ok());
  redis_->Pause();
  std::promise<absl::Status> taken;
  a_->Post("ns", "during", "",
           [&](absl::Status status, uint64_t) { taken.set_value(std::move(status)); });
  redis_->Continue();
  EXPECT_TRUE(taken.get_future().get().ok());
  ASSERT_TRUE(b_->receiver().AwaitCount(2));
  EXPECT_THAT(b_->Received(), ElementsAre("ns before", "ns during"));
  EXPECT_EQ(b_->metrics().backplane_links_lost.value(), 0);
}

TEST_F(RedisFaultsTest, ARedisThatFallsSilentIsFoundOutAndWhatWasWrittenIsUnknown) {
  StartBoth({"ns"});
  redis_->Pause();
  const RedisNode::Answer answer = a_->Publish("ns", "during");
  EXPECT_EQ(answer.status.code(), absl::StatusCode::kUnavailable);
  EXPECT_TRUE(pubsub::OthersMayHaveIt(answer.status)) << answer.status;
  EXPECT_EQ(answer.local_count, 1);
  AwaitLost(&*b_, 2);
  redis_->Continue();
  ASSERT_TRUE(a_->AwaitReady());
  ASSERT_TRUE(b_->AwaitReady());
  EXPECT_TRUE(a_->Publish("ns", "after").status.ok());
  ASSERT_TRUE(b_->receiver().AwaitCount(1));
  // Redis may have read it after all, before it saw that the link was gone.
  const std::vector<std::string> received = b_->Received();
  EXPECT_THAT(received, Contains("ns missed ?"));
  EXPECT_EQ(received.back(), "ns after");
}

TEST_F(RedisFaultsTest, WhatWaitsForASilentRedisIsBoundedAndWasNotSent) {
  TcpProxy proxy(redis_->port());
  RedisSettings settings = Settings();
  settings.port = static_cast<uint16_t>(proxy.port());
  settings.most_queued_bytes = 4 << 20;
  settings.answer_timeout = seconds(2);
  a_.emplace(kA, settings);
  ASSERT_TRUE(a_->AwaitReady());
  redis_->Pause();
  proxy.Hold(true);  // the node's socket fills
  std::atomic<int> over_bound = 0;
  std::atomic<int> unknown = 0;
  std::counting_semaphore<> answers(0);
  constexpr int kPublishes = 400;
  const std::string payload(64 * 1024, 'x');
  for (int i = 0; i < kPublishes; ++i) {
    a_->Post("ns", payload, "", [&](absl::Status status, uint64_t) {
      EXPECT_FALSE(status.ok());
      if (pubsub::OthersMayHaveIt(status)) ++unknown;
      if (status.message().find("takes messages too slowly") != std::string::npos) ++over_bound;
      answers.release();
    });
  }
  for (int i = 0; i < kPublishes; ++i) ASSERT_TRUE(answers.try_acquire_for(seconds(10)));
  EXPECT_GT(unknown, 0);
  EXPECT_GT(over_bound, 0);
  proxy.Hold(false);
  redis_->Continue();
}

// B02, and how soon 5,000 namespaces are heard again.
TEST_F(RedisFaultsTest, ASecondBreakAmidTheResubscriptionOfThousandsLosesNone) {
  StartBoth({});
  BreakAmidResubscription(redis_.get(), &*a_, &*b_, /*namespaces=*/5000, /*rounds=*/2);
}

// B04.
TEST_F(RedisFaultsTest, WishesThatComeAndGoInPlentyLoseNoSubscription) {
  RedisSettings settings = Settings();
  settings.linger = milliseconds(0);
  a_.emplace(kA, Settings());
  b_.emplace(kB, settings);
  ASSERT_TRUE(a_->AwaitReady());
  ASSERT_TRUE(b_->AwaitReady());
  constexpr int kNames = 200;
  constexpr int kThreads = 4;
  std::atomic<bool> over = false;
  std::thread publisher([&] {
    for (int i = 0; !over; ++i) {
      const std::string ns = absl::StrCat("ns", i % kNames);
      i % 50 == 0 ? void(a_->Publish(ns, "x")) : a_->Post(ns, "x");
    }
  });
  std::vector<std::thread> threads;
  std::atomic<int> answered = 0;
  for (int t = 0; t < kThreads; ++t) {
    threads.emplace_back([&, t] {
      std::mt19937 random(static_cast<unsigned>(t));
      for (int i = 0; i < 2000; ++i) {
        // Each thread has namespaces of its own, so that wishes for one alternate.
        const std::string ns = absl::StrCat("ns", (random() % (kNames / kThreads)) * kThreads + t);
        b_->backplane().Subscribe(ns);
        b_->backplane().AwaitHeard(ns, [&](bool) { ++answered; });
        b_->backplane().Unsubscribe(ns);
      }
      for (int i = t; i < kNames; i += kThreads) b_->backplane().Subscribe(absl::StrCat("ns", i));
    });
  }
  for (std::thread& thread : threads) thread.join();
  over = true;
  publisher.join();
  ASSERT_TRUE(redis_->AwaitSubscribed(kNames, "hookcast:ns:*"));
  for (int i = 0; i < kNames; ++i) EXPECT_TRUE(b_->AwaitHeard(absl::StrCat("ns", i))) << i;
  EXPECT_EQ(answered, kThreads * 2000);
  EXPECT_TRUE(a_->Publish("ns0", "end").status.ok());
  const size_t before = b_->receiver().count();
  for (int i = 0; i < kNames; ++i) a_->Post(absl::StrCat("ns", i), "last");
  EXPECT_TRUE(b_->receiver().AwaitCount(before + kNames));
  EXPECT_TRUE(b_->AwaitReady());
}

// B05.
TEST_F(RedisFaultsTest, ADeathOfRedisAtAnyInstantIsSurvived) {
  StartBoth({});
  DieAtAnyInstant(redis_.get(), &*a_, &*b_, /*rounds=*/12);
}

TEST_F(RedisFaultsTest, AnEmptiedRedisLosesNothing) {
  StartBoth({"ns"});
  EXPECT_TRUE(a_->Publish("ns", "before").status.ok());
  redis_->Call({"FLUSHALL"});
  EXPECT_TRUE(a_->Publish("ns", "after").status.ok());
  ASSERT_TRUE(b_->receiver().AwaitCount(2));
  EXPECT_THAT(b_->Received(), ElementsAre("ns before", "ns after"));
  EXPECT_TRUE(b_->backplane().Health().ok());
}

TEST_F(RedisFaultsTest, ALostLinkForPublishesAloneLosesNobodyWhatWasTaken) {
  StartBoth({"ns"});
  EXPECT_TRUE(a_->Publish("ns", "1").status.ok());
  ASSERT_TRUE(b_->receiver().AwaitCount(1));
  EXPECT_GT(redis_->CallForNumber({"CLIENT", "KILL", "TYPE", "normal"}), 0);
  AwaitLost(&*a_, 1);
  ASSERT_TRUE(a_->AwaitReady());
  EXPECT_TRUE(a_->Publish("ns", "2").status.ok());
  ASSERT_TRUE(b_->receiver().AwaitCount(2));
  EXPECT_THAT(b_->Received(), ElementsAre("ns 1", "ns 2")) << "and no gap";
}

// How many messages of the namespace were told as missed so far.
int Missed(const RedisNode& node, const std::string& ns) {
  int missed = 0;
  for (const std::string& line : node.Received()) {
    if (line.starts_with(ns + " missed ")) missed += std::atoi(line.c_str() + ns.size() + 8);
  }
  return missed;
}

TEST_F(RedisFaultsTest, WhatIsPublishedOnceAndRefusedIsToldToTheOthersOnceRedisTakesIt) {
  redis_->Call({"ACL", "SETUSER", "hc", "on", ">pw", "+@all", "allchannels"});
  RedisSettings settings = Settings();
  settings.username = "hc";
  settings.password = "pw";
  a_.emplace(kA, settings);
  b_.emplace(kB, Settings());
  ASSERT_TRUE(a_->AwaitReady());
  ASSERT_TRUE(b_->Hear({"ns", "other", "silent"}));

  redis_->Call({"ACL", "SETUSER", "hc", "-publish"});
  for (int i = 0; i < 20; ++i) EXPECT_FALSE(a_->PublishOnce("ns", "lost").status.ok());
  EXPECT_FALSE(a_->PublishOnce("other", "lost").status.ok());
  // Who is told, and may try again, is not told for by others.
  EXPECT_FALSE(a_->Publish("silent", "refused").status.ok());
  a_->AwaitUnready();
  EXPECT_FALSE(a_->PublishOnce("ns", "not sent").status.ok());

  redis_->Call({"ACL", "SETUSER", "hc", "+publish"});
  ASSERT_TRUE(a_->AwaitReady());
  for (const char* ns : {"ns", "other", "silent"})
    EXPECT_TRUE(a_->Publish(ns, "after").status.ok());
  ASSERT_TRUE(b_->receiver().AwaitCount(3));
  const auto missed = [&] { return std::pair(Missed(*b_, "ns"), Missed(*b_, "other")); };
  EXPECT_EQ(testing::AskUntil(
                missed, [](const auto& told) { return told == std::pair(21, 1); }, seconds(10)),
            std::pair(21, 1));
  EXPECT_EQ(Missed(*b_, "silent"), 0);
}

TEST_F(RedisFaultsTest, WhatIsPublishedOnceIntoALinkThatBreaksIsToldToTheOthers) {
  TcpProxy proxy(redis_->port());
  RedisSettings settings = Settings();
  settings.port = static_cast<uint16_t>(proxy.port());
  a_.emplace(kA, settings);
  b_.emplace(kB, Settings());
  ASSERT_TRUE(a_->AwaitReady());
  ASSERT_TRUE(b_->Hear({"ns"}));
  proxy.Swallow(true);
  const RedisNode::Answer answer = a_->PublishOnce("ns", "lost");
  EXPECT_TRUE(pubsub::OthersMayHaveIt(answer.status)) << answer.status;
  AwaitLost(&*a_, 2);
  proxy.Swallow(false);
  ASSERT_TRUE(a_->AwaitReady());
  EXPECT_TRUE(a_->Publish("ns", "after").status.ok());
  ASSERT_TRUE(b_->receiver().AwaitCount(1));
  EXPECT_THAT(b_->Received(), ElementsAre("ns missed 1", "ns after"));
}

TEST_F(RedisFaultsTest, ALinkThatTakesAndDeliversNothingIsFoundByTheProbe) {
  TcpProxy proxy(redis_->port());
  a_.emplace(kA, Settings());
  RedisSettings settings = Settings();
  settings.port = static_cast<uint16_t>(proxy.port());
  b_.emplace(kB, settings);
  ASSERT_TRUE(a_->AwaitReady());
  ASSERT_TRUE(b_->Hear({"ns"}));
  proxy.Swallow(true);
  EXPECT_THAT(b_->AwaitUnready(), HasSubstr("Redis at"));
  AwaitLost(&*b_, 2);
  EXPECT_TRUE(a_->Publish("ns", "lost").status.ok());
  proxy.Swallow(false);
  ASSERT_TRUE(b_->AwaitReady());
  EXPECT_TRUE(a_->Publish("ns", "found").status.ok());
  ASSERT_TRUE(b_->receiver().AwaitCount(1));
  EXPECT_THAT(b_->Received(), ElementsAre("ns missed ?", "ns found"));
}

}  // namespace
}  // namespace hookcast::contract
