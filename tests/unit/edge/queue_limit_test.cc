#include "edge/queue_limit.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <algorithm>
#include <optional>
#include <random>
#include <string>
#include <string_view>

#include "absl/strings/str_cat.h"

namespace hookcast::edge {
namespace {

using config::SlowPeer;
using metrics::Drop;
using Answer = QueueLimit::Answer;

// A frame that costs 100, and begins with `name`.
constexpr size_t kCost = 100;
Bytes Framed(std::string_view name, std::string_view topic) {
  const size_t size = kCost - OutboundQueue::CostOf(Bytes()) - topic.size();
  return Bytes::Build(
      size,
      [&](char* out) {
        std::fill_n(out, size, '.');
        name.copy(out, name.size());
      },
      topic);
}
Bytes Topic(std::string_view name, std::string_view topic = "t") { return Framed(name, topic); }
Bytes Direct(std::string_view name) { return Framed(name, ""); }

class QueueLimitTest : public testing::Test {
 protected:
  void Start(SlowPeer policy, size_t frames = 4) {
    limit_.emplace(policy, frames * kCost, &metrics_);
  }

  // What a transport does whose socket takes nothing.
  Answer Offer(const Bytes& frame) {
    Answer answer = Answer::kPush;
    if (limit_->Skips(frame)) return Answer::kDrop;
    if (!limit_->Fits(frame, queue_)) answer = limit_->Overflow(frame, &queue_);
    if (answer == Answer::kPush) queue_.Push(frame);
    return answer;
  }

  // The names of what waits, in order.
  std::string Waiting() const {
    std::string names;
    for (size_t i = 0; i < queue_.frames(); ++i) {
      const std::string_view frame = queue_.frame(i).view();
      absl::StrAppend(&names, names.empty() ? "" : " ",
                      std::string(frame.substr(0, frame.find('.'))));
    }
    return names;
  }

  void TearDown() override {
    limit_.reset();
    EXPECT_EQ(metrics_.peers_behind.value(), 0);
  }

  uint64_t Dropped(Drop cause) const { return metrics_.dropped.value(cause); }

  metrics::Catalogue metrics_;
  OutboundQueue queue_;
  std::optional<QueueLimit> limit_;
};

TEST_F(QueueLimitTest, WhatFitsIsQueuedWhateverThePolicy) {
  for (const SlowPeer policy :
       {SlowPeer::kClose, SlowPeer::kDropOldest, SlowPeer::kConflate, SlowPeer::kGap}) {
    queue_.Clear();
    Start(policy);
    for (const char* name : {"a", "b", "c", "d"}) EXPECT_EQ(Offer(Topic(name)), Answer::kPush);
    EXPECT_EQ(Waiting(), "a b c d");
    EXPECT_FALSE(limit_->behind());
    EXPECT_EQ(limit_->Settle(queue_, true), std::nullopt);
  }
}

TEST_F(QueueLimitTest, CloseTouchesNothingAndSaysSo) {
  Start(SlowPeer::kClose);
  for (const char* name : {"a", "b", "c", "d"}) Offer(Topic(name));
  EXPECT_EQ(Offer(Topic("e")), Answer::kClose);
  EXPECT_EQ(Waiting(), "a b c d");
}

TEST_F(QueueLimitTest, DropOldestDropsWhatIsOldestUntilTheNewOneFits) {
  Start(SlowPeer::kDropOldest);
  for (const char* name : {"a", "b", "c", "d", "e"}) EXPECT_EQ(Offer(Topic(name)), Answer::kPush);
  EXPECT_EQ(Waiting(), "b c d e");
  EXPECT_EQ(Dropped(Drop::kSlowPeerOldest), 1);
  const Bytes large = Bytes::Build(
      2 * kCost - OutboundQueue::CostOf(Bytes()) - 1,
      [](char* out) { std::fill_n(out, 2 * kCost - OutboundQueue::CostOf(Bytes()) - 1, '.'); },
      "t");
  EXPECT_EQ(Offer(large), Answer::kPush);
  EXPECT_EQ(Waiting(), "d e ");
  EXPECT_EQ(Dropped(Drop::kSlowPeerOldest), 3);
  EXPECT_EQ(queue_.cost(), 4 * kCost);
}

TEST_F(QueueLimitTest, OnlyMessagesOfTopicsAreDroppedAndTheOrderOfTheRestStays) {
  for (const SlowPeer policy : {SlowPeer::kDropOldest, SlowPeer::kConflate, SlowPeer::kGap}) {
    queue_.Clear();
    Start(policy);
    EXPECT_EQ(Offer(Direct("x")), Answer::kPush);
    EXPECT_EQ(Offer(Topic("a")), Answer::kPush);
    EXPECT_EQ(Offer(Direct("y")), Answer::kPush);
    EXPECT_EQ(Offer(Topic("b")), Answer::kPush);
    EXPECT_EQ(Offer(Direct("z")), Answer::kPush) << "something of a topic makes room for it";
    EXPECT_EQ(Waiting(), policy == SlowPeer::kGap ? "x y z" : "x y b z");
    EXPECT_EQ(Offer(Direct("w")), Answer::kPush);
    EXPECT_EQ(Waiting(), "x y z w");
    EXPECT_EQ(Offer(Topic("c")), Answer::kDrop) << "nothing that may be dropped is left";
    EXPECT_EQ(Offer(Direct("v")), Answer::kClose) << "and the limit holds";
    EXPECT_EQ(Waiting(), "x y z w");
  }
}

TEST_F(QueueLimitTest, AFrameThatWentOutInPartStaysAndTheNewestMayWaitBehindIt) {
  for (const SlowPeer policy : {SlowPeer::kDropOldest, SlowPeer::kConflate}) {
    queue_.Clear();
    Start(policy, /*frames=*/1);
    EXPECT_EQ(Offer(Topic("cut")), Answer::kPush);
    queue_.Consume(1);
    for (const char* name : {"a", "b", "c"}) EXPECT_EQ(Offer(Topic(name)), Answer::kPush);
    EXPECT_EQ(Waiting(), "cut c");
    EXPECT_LE(queue_.cost(), 2 * kCost) << "the limit and one frame";
  }
}

TEST_F(QueueLimitTest, ConflateKeepsTheNewestOfEachTopicInOrder) {
  Start(SlowPeer::kConflate, /*frames=*/6);
  for (const auto& [name, topic] : {std::pair("a1", "a"), {"b1", "b"}, {"a2", "a"}}) {
    EXPECT_EQ(Offer(Topic(name, topic)), Answer::kPush);
  }
  EXPECT_EQ(Offer(Direct("x")), Answer::kPush);
  EXPECT_EQ(Offer(Topic("c1", "c")), Answer::kPush);
  EXPECT_EQ(Offer(Topic("b2", "b")), Answer::kPush);
  EXPECT_EQ(Waiting(), "a1 b1 a2 x c1 b2") << "not before the queue is full";
  EXPECT_EQ(Offer(Topic("a3", "a")), Answer::kPush);
  EXPECT_EQ(Waiting(), "x c1 b2 a3");
  EXPECT_EQ(Dropped(Drop::kSlowPeerConflated), 3);
  EXPECT_EQ(Dropped(Drop::kSlowPeerOldest), 0);
}

TEST_F(QueueLimitTest, ConflateDropsTheOldestWhereTheTopicsAloneFillTheQueue) {
  Start(SlowPeer::kConflate);
  for (const char* topic : {"a", "b", "c", "d", "e", "f"}) {
    EXPECT_EQ(Offer(Topic(topic, topic)), Answer::kPush);
  }
  EXPECT_EQ(Waiting(), "c d e f");
  EXPECT_EQ(Dropped(Drop::kSlowPeerConflated), 0);
  EXPECT_EQ(Dropped(Drop::kSlowPeerOldest), 2);
  EXPECT_EQ(Offer(Topic("d2", "d")), Answer::kPush);
  EXPECT_EQ(Waiting(), "c e f d2");
  EXPECT_EQ(Dropped(Drop::kSlowPeerConflated), 1);
}

TEST_F(QueueLimitTest, AGapDropsAllAndGoesOnUntilTheSocketTakesBytesAgain) {
  Start(SlowPeer::kGap);
  for (const char* name : {"a", "b", "c", "d"}) Offer(Topic(name));
  queue_.Consume(1);
  EXPECT_EQ(Offer(Topic("e")), Answer::kDrop);
  EXPECT_EQ(Waiting(), "a");
  EXPECT_EQ(limit_->Settle(queue_, false), std::nullopt);
  EXPECT_EQ(Offer(Topic("f")), Answer::kDrop)
      << "there is room, but the hole must not have islands";
  EXPECT_EQ(Offer(Direct("x")), Answer::kPush);
  EXPECT_EQ(Dropped(Drop::kSlowPeerGap), 5);

  queue_.Consume(10);
  EXPECT_EQ(limit_->Settle(queue_, true), std::optional<uint64_t>(5));
  EXPECT_EQ(Offer(Topic("g")), Answer::kPush);
  EXPECT_EQ(Waiting(), "a x g");
  EXPECT_EQ(limit_->Settle(queue_, true), std::nullopt) << "told once";
}

TEST_F(QueueLimitTest, APeerIsBehindFromTheHighMarkToTheLowMark) {
  Start(SlowPeer::kDropOldest);
  for (const char* name : {"a", "b", "c", "d"}) Offer(Topic(name));
  EXPECT_EQ(metrics_.peers_behind.value(), 0);
  Offer(Topic("e"));
  EXPECT_TRUE(limit_->behind());
  EXPECT_EQ(metrics_.peers_behind.value(), 1);
  Offer(Topic("f"));
  EXPECT_EQ(metrics_.peers_behind.value(), 1) << "once";
  const size_t frame = queue_.frame(0).size();
  queue_.Consume(frame);
  EXPECT_EQ(limit_->Settle(queue_, true), std::nullopt);
  queue_.Consume(frame);
  EXPECT_EQ(limit_->Settle(queue_, false), std::nullopt)
      << "nobody said that the socket takes more";
  EXPECT_EQ(limit_->Settle(queue_, true), std::optional<uint64_t>(0))
      << "half of the limit is left";
  EXPECT_FALSE(limit_->behind());
  EXPECT_EQ(metrics_.peers_behind.value(), 0);
  EXPECT_EQ(limit_->Settle(queue_, true), std::nullopt);
}

TEST_F(QueueLimitTest, OneFrameBeyondTheLimitPutsAPeerBehindToo) {
  Start(SlowPeer::kClose);
  const Bytes large = Bytes::Copy(std::string(5 * kCost, 'x'));
  EXPECT_EQ(Offer(large), Answer::kPush) << "as nothing waits";
  EXPECT_EQ(limit_->Settle(queue_, false), std::nullopt);
  EXPECT_TRUE(limit_->behind());
  queue_.Consume(4 * kCost);
  EXPECT_EQ(limit_->Settle(queue_, true), std::optional<uint64_t>(0));
}

TEST_F(QueueLimitTest, AnEndInAGapTellsWhatWasLost) {
  Start(SlowPeer::kGap);
  for (const char* name : {"a", "b", "c", "d", "e"}) Offer(Topic(name));
  EXPECT_EQ(limit_->End(), 5);
  EXPECT_FALSE(limit_->behind());
  EXPECT_EQ(limit_->End(), 0);
}

// The policies against what they promise, whatever comes.
TEST_F(QueueLimitTest, KeepsItsLimitAndTheOrderUnderRandomUse) {
  for (const SlowPeer policy : {SlowPeer::kDropOldest, SlowPeer::kConflate, SlowPeer::kGap}) {
    for (uint32_t seed = 1; seed <= 20; ++seed) {
      SCOPED_TRACE(seed);
      std::mt19937 random(seed);
      queue_.Clear();
      Start(policy, /*frames=*/10);
      uint64_t queued = 0, lost = 0, read = 0;
      const uint64_t counted = Dropped(Drop::kSlowPeerOldest) + Dropped(Drop::kSlowPeerConflated) +
                               Dropped(Drop::kSlowPeerGap);
      for (int i = 0; i < 2'000; ++i) {
        const bool direct = random() % 100 == 0;
        const std::string topic(1, static_cast<char>('a' + random() % 5));
        const Bytes frame = direct ? Direct(absl::StrCat(i)) : Topic(absl::StrCat(i), topic);
        const Answer answer = Offer(frame);
        if (answer == Answer::kClose) break;
        if (answer == Answer::kPush) ++queued;
        if (answer == Answer::kDrop) ++lost;
        ASSERT_LE(queue_.cost(), 11 * kCost);
        if (policy == SlowPeer::kConflate && answer == Answer::kPush) {
          ASSERT_TRUE(queue_.frame(queue_.frames() - 1) == frame) << "the newest is there";
        }
        int before = -1;
        for (size_t k = 0; k < queue_.frames(); ++k) {
          const int number = std::stoi(std::string(queue_.frame(k).view()));
          ASSERT_GT(number, before);
          before = number;
        }
        const bool reads = random() % 10 == 0;
        if (reads) {
          const size_t frames = queue_.frames();
          queue_.Consume(random() % (queue_.bytes() + 1));
          read += frames - queue_.frames();
        }
        limit_->Settle(queue_, reads);
      }
      EXPECT_EQ(Dropped(Drop::kSlowPeerOldest) + Dropped(Drop::kSlowPeerConflated) +
                    Dropped(Drop::kSlowPeerGap) - counted,
                lost + queued - read - queue_.frames())
          << "each drop is counted once";
    }
  }
}

}  // namespace
}  // namespace hookcast::edge
