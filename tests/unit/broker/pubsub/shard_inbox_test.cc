#include "broker/pubsub/shard_inbox.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <atomic>
#include <functional>
#include <memory>
#include <optional>
#include <string>
#include <thread>
#include <vector>

#include "absl/strings/str_cat.h"
#include "broker/pubsub/hub.h"
#include "tests/fakes/recording_backplane.h"
#include "tests/fakes/recording_peer.h"

namespace hookcast::pubsub {
namespace {

using testing::ElementsAre;
using testing::IsEmpty;

constexpr Incarnation kNode{0xabc};

MessageRef MakeMessage(std::string_view payload, std::string ns = "ns") {
  auto message = std::make_shared<Message>();
  message->ns = std::move(ns);
  message->topic = "t";
  message->data.payload = Bytes::Copy(payload);
  return message;
}

class ShardInboxTest : public testing::Test {
 protected:
  ShardInboxTest() {
    hub_.Add(&peer_, "ns");
    EXPECT_TRUE(hub_.Subscribe(&peer_, "t").ok());
  }
  ~ShardInboxTest() override {
    if (loop_) loop_->Stop();
    hub_.Remove(&peer_);
  }

  fakes::RecordingBackplane backplane_;
  metrics::Catalogue metrics_;
  InterestTable interest_{&backplane_};
  Hub hub_{kNode, ShardId{0}, &interest_, &metrics_};
  fakes::RecordingPeer peer_{hub_.NextPeerId()};
  std::optional<ShardLoop> loop_{std::in_place, ShardId{0}};
  std::atomic<int> settled_ = 0;
  std::shared_ptr<ShardInbox> inbox_ =
      std::make_shared<ShardInbox>(&*loop_, &hub_, [this](const Message&) { ++settled_; });
};

TEST_F(ShardInboxTest, OneTurnOfTheLoopTakesAllThatWaits) {
  uint64_t peers = 0;
  for (const char* payload : {"a", "b", "c"}) {
    inbox_->Put(MakeMessage(payload), [&](size_t count) { peers += count; });
    inbox_->Wake();
  }
  EXPECT_THAT(peer_.Payloads(), IsEmpty());
  EXPECT_EQ(loop_->Poll(), 1) << "tasks";
  EXPECT_THAT(peer_.Payloads(), ElementsAre("a", "b", "c"));
  EXPECT_EQ(peers, 3);
  EXPECT_EQ(settled_, 3);
  EXPECT_EQ(loop_->Poll(), 0);
}

TEST_F(ShardInboxTest, TheShardItselfTakesWhatStoodBeforeItsOwnAtOnce) {
  inbox_->Put(MakeMessage("first"), nullptr);
  loop_->Post([&] {
    inbox_->Put(MakeMessage("own"), nullptr);
    inbox_->Wake();
    EXPECT_THAT(peer_.Payloads(), ElementsAre("first", "own"));
  });
  loop_->Poll();
}

TEST_F(ShardInboxTest, WhatAnAnswerPublishesComesBehindWhatWaits) {
  inbox_->Put(MakeMessage("a"), [&](size_t) {
    inbox_->Put(MakeMessage("c"), nullptr);
    inbox_->Wake();
    EXPECT_THAT(peer_.Payloads(), ElementsAre("a", "b", "c")) << "before this returns";
  });
  inbox_->Put(MakeMessage("b"), nullptr);
  inbox_->Wake();
  loop_->Poll();
  EXPECT_THAT(peer_.Payloads(), ElementsAre("a", "b", "c"));
}

TEST_F(ShardInboxTest, WhatOthersPutMeanwhileDoesNotHoldTheShardUp) {
  // Another publisher, who is as fast as the shard is.
  constexpr int kMost = 1000;
  int put = 0;
  std::function<void(size_t)> refill = [&](size_t) {
    if (++put < kMost) inbox_->Put(MakeMessage("other"), [&](size_t n) { refill(n); });
  };
  inbox_->Put(MakeMessage("other"), [&](size_t n) { refill(n); });
  loop_->Post([&] {
    inbox_->Put(MakeMessage("own"), nullptr);
    inbox_->Wake();
    EXPECT_THAT(peer_.Payloads(), ElementsAre("other", "own"));
  });
  while (loop_->Poll() != 0) {
  }
  EXPECT_EQ(settled_, kMost + 1) << "the rest has turns of its own";
}

TEST_F(ShardInboxTest, ALongLineLeavesTurnsToOthers) {
  for (int i = 0; i < 1000; ++i) inbox_->Put(MakeMessage("m"), nullptr);
  inbox_->Wake();
  size_t at_others_turn = 0;
  loop_->Post([&] { at_others_turn = peer_.deliveries().size(); });
  while (loop_->Poll() != 0) {
  }
  EXPECT_GT(at_others_turn, 0);
  EXPECT_LT(at_others_turn, 1000);
  EXPECT_EQ(peer_.deliveries().size(), 1000);
}

TEST_F(ShardInboxTest, AShardThatStoppedThrowsAwayWhatWaitsAndWhatComes) {
  const auto held = std::make_shared<int>();
  const auto put = [&] { inbox_->Put(MakeMessage("m"), [held](size_t) { FAIL(); }); };
  put();
  inbox_->Wake();
  loop_->Stop();
  EXPECT_EQ(held.use_count(), 1) << "who waits for an answer is let go";
  put();
  inbox_->Wake();
  EXPECT_EQ(held.use_count(), 1);
  EXPECT_EQ(settled_, 2);
  EXPECT_THAT(peer_.Payloads(), IsEmpty());
}

TEST_F(ShardInboxTest, ATaskThatIsThrownAwayMayOutliveTheInbox) {
  inbox_->Put(MakeMessage("m"), nullptr);
  inbox_->Wake();
  inbox_.reset();
  loop_.reset();
}

TEST_F(ShardInboxTest, ManyThreadsMeetInTheOrderInWhichTheyPut) {
  constexpr int kThreads = 4;
  constexpr int kEach = 1000;
  // Of the loop's thread from the beginning.
  Hub hub(kNode, ShardId{0}, &interest_, &metrics_);
  fakes::RecordingPeer peer(hub.NextPeerId());
  const auto inbox =
      std::make_shared<ShardInbox>(&*loop_, &hub, [this](const Message&) { ++settled_; });
  loop_->Post([&] {
    hub.Add(&peer, "other");
    EXPECT_TRUE(hub.Subscribe(&peer, "t").ok());
  });
  Mutex order_mutex;
  std::vector<std::string> order;
  loop_->Start();
  std::vector<std::thread> threads;
  for (int t = 0; t < kThreads; ++t) {
    threads.emplace_back([&, t] {
      for (int i = 0; i < kEach; ++i) {
        std::string payload = absl::StrCat(t, ":", i);
        {
          const MutexLock lock(&order_mutex);
          inbox->Put(MakeMessage(payload, "other"), nullptr);
          order.push_back(std::move(payload));
        }
        inbox->Wake();
      }
    });
  }
  for (std::thread& thread : threads) thread.join();
  while (settled_ < kThreads * kEach) std::this_thread::yield();
  loop_->Stop();
  EXPECT_EQ(peer.Payloads(), order);
  hub.Remove(&peer);
}

}  // namespace
}  // namespace hookcast::pubsub
