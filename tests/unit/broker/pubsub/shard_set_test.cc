#include "broker/pubsub/shard_set.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <atomic>
#include <deque>
#include <future>
#include <memory>
#include <optional>
#include <string>
#include <thread>
#include <vector>

#include "tests/fakes/recording_backplane.h"
#include "tests/fakes/recording_peer.h"

namespace hookcast::pubsub {
namespace {

using fakes::RecordingPeer;
using testing::ElementsAre;
using testing::Eq;
using testing::IsEmpty;

constexpr Incarnation kNode{0xabc};

MessageRef MakeMessage(std::string ns, std::string_view payload,
                       std::optional<PeerId> exclude = std::nullopt) {
  auto message = std::make_shared<Message>();
  message->ns = std::move(ns);
  message->topic = "t";
  message->data.payload = Bytes::Copy(payload);
  message->exclude = exclude;
  return message;
}

// Three shards. Their loops run where the test polls them, or on threads of their own.
class ShardSetTest : public testing::Test {
 protected:
  static constexpr size_t kShards = 3;

  ShardSetTest() {
    std::vector<ShardSet::Shard> shards;
    for (uint16_t i = 0; i < kShards; ++i) {
      ShardLoop& loop = loops_.emplace_back(ShardId{i});
      Hub& hub = hubs_.emplace_back(kNode, ShardId{i}, &interest_, &metrics_);
      shards.push_back({&loop, &hub});
    }
    shards_.emplace(std::move(shards), &interest_);
  }

  ~ShardSetTest() override {
    StopLoops();
    for (RecordingPeer& peer : peers_) hubs_[static_cast<size_t>(peer.id().shard)].Remove(&peer);
  }

  void StartLoops() {
    for (ShardLoop& loop : loops_) loop.Start();
  }
  void StopLoops() {
    for (ShardLoop& loop : loops_) loop.Stop();
  }
  // Runs all that is posted, and what that posts.
  void PollAll() {
    size_t ran = 0;
    do {
      ran = 0;
      for (ShardLoop& loop : loops_) ran += loop.Poll();
    } while (ran != 0);
  }

  // A peer of that shard, in the namespace, subscribed to "t". Runs on the shard where loops run.
  RecordingPeer& AddPeer(uint16_t shard, const std::string& ns) {
    Hub& hub = hubs_[shard];
    RecordingPeer& peer = peers_.emplace_back(hub.NextPeerId());
    hub.Add(&peer, ns);
    EXPECT_TRUE(hub.Subscribe(&peer, "t").ok());
    return peer;
  }

  fakes::RecordingBackplane backplane_;
  metrics::Catalogue metrics_;
  InterestTable interest_{&backplane_};
  std::deque<Hub> hubs_;
  std::deque<ShardLoop> loops_;
  std::deque<RecordingPeer> peers_;
  std::optional<ShardSet> shards_;
};

TEST_F(ShardSetTest, RunPostsFromOutsideAndRunsAtOnceFromInside) {
  std::vector<std::string> ran;
  shards_->Run(ShardId{1}, [&](Hub& hub) {
    EXPECT_EQ(hub.shard(), ShardId{1});
    shards_->Run(ShardId{1}, [&](Hub&) { ran.push_back("inner"); });
    shards_->Run(ShardId{2}, [&](Hub&) { ran.push_back("other"); });
    ran.push_back("outer");
  });
  EXPECT_THAT(ran, IsEmpty());
  loops_[0].Poll();
  loops_[2].Poll();
  EXPECT_THAT(ran, IsEmpty());
  loops_[1].Poll();
  EXPECT_THAT(ran, ElementsAre("inner", "outer"));
  loops_[2].Poll();
  EXPECT_THAT(ran, ElementsAre("inner", "outer", "other"));
}

TEST_F(ShardSetTest, WithPeerFindsThePeerOnItsShard) {
  RecordingPeer& peer = AddPeer(2, "ns");
  Peer* found = nullptr;
  ShardId where{};
  shards_->WithPeer(peer.id(), [&](Hub& hub, Peer* got) {
    found = got;
    where = hub.shard();
  });
  PollAll();
  EXPECT_EQ(found, &peer);
  EXPECT_EQ(where, ShardId{2});
}

TEST_F(ShardSetTest, WithPeerAnswersNullOnceForEveryPeerThatIsNotHere) {
  RecordingPeer& peer = AddPeer(1, "ns");
  const PeerId here = peer.id();
  const PeerId elsewhere[] = {
      {Incarnation{0xdef}, here.shard, here.sequence},
      {kNode, ShardId{0}, here.sequence},
      {kNode, here.shard, here.sequence + 1},
      {kNode, ShardId{kShards}, here.sequence},
      {kNode, ShardId{UINT16_MAX}, here.sequence},
      {Incarnation{0xdef}, ShardId{UINT16_MAX}, here.sequence},
      {},
  };
  for (const PeerId& id : elsewhere) {
    int calls = 0;
    shards_->WithPeer(id, [&](Hub&, Peer* got) {
      ++calls;
      EXPECT_EQ(got, nullptr) << id.ToString();
    });
    PollAll();
    EXPECT_EQ(calls, 1) << id.ToString();
  }
}

TEST_F(ShardSetTest, OnAllVisitsEachShardOnceAndThenCallsBackOnce) {
  std::vector<ShardId> visited;
  int done = 0;
  shards_->OnAll([&](Hub& hub) { visited.push_back(hub.shard()); },
                 [&] {
                   ++done;
                   EXPECT_EQ(visited.size(), kShards);
                   EXPECT_TRUE(loops_[1].InLoop()) << "not on the shard that was last";
                 });
  loops_[2].Poll();
  loops_[0].Poll();
  EXPECT_EQ(done, 0);
  loops_[1].Poll();
  EXPECT_EQ(done, 1);
  EXPECT_THAT(visited, ElementsAre(ShardId{2}, ShardId{0}, ShardId{1}));
  PollAll();
  EXPECT_EQ(done, 1);
}

TEST_F(ShardSetTest, AMessageGoesOnceToEachShardThatWantsItsNamespaceAndToNoOther) {
  RecordingPeer& a = AddPeer(0, "ns");
  RecordingPeer& b = AddPeer(2, "ns");
  RecordingPeer& c = AddPeer(2, "ns");
  RecordingPeer& other = AddPeer(1, "other");
  std::optional<uint64_t> reached;
  shards_->Receive(MakeMessage("ns", "1"), [&](uint64_t peers) {
    EXPECT_FALSE(reached.has_value()) << "called back twice";
    reached = peers;
  });
  EXPECT_EQ(loops_[1].Poll(), 0) << "a shard that does not want the namespace was woken";
  EXPECT_EQ(loops_[2].Poll(), 1);
  EXPECT_EQ(reached, std::nullopt);
  EXPECT_EQ(loops_[0].Poll(), 1);
  EXPECT_THAT(reached, Eq(3));
  EXPECT_THAT(a.Payloads(), ElementsAre("1"));
  EXPECT_THAT(b.Payloads(), ElementsAre("1"));
  EXPECT_THAT(c.Payloads(), ElementsAre("1"));
  EXPECT_THAT(other.Payloads(), IsEmpty());
}

TEST_F(ShardSetTest, AMessageThatNobodyWantsIsAnsweredAtOnceWithNone) {
  std::optional<uint64_t> reached;
  shards_->Receive(MakeMessage("ns", "1"), [&](uint64_t peers) { reached = peers; });
  EXPECT_THAT(reached, Eq(0));
  shards_->Receive(MakeMessage("ns", "1"), nullptr);
  PollAll();
}

TEST_F(ShardSetTest, AMessageWithoutACallbackIsDeliveredToo) {
  RecordingPeer& a = AddPeer(0, "ns");
  RecordingPeer& b = AddPeer(1, "ns");
  shards_->Receive(MakeMessage("ns", "1"), nullptr);
  PollAll();
  EXPECT_THAT(a.Payloads(), ElementsAre("1"));
  EXPECT_THAT(b.Payloads(), ElementsAre("1"));
}

TEST_F(ShardSetTest, TheExcludedPeerIsLeftOutOnItsShardAlone) {
  RecordingPeer& a = AddPeer(0, "ns");
  RecordingPeer& b = AddPeer(1, "ns");
  ASSERT_EQ(a.id().sequence, b.id().sequence);
  std::optional<uint64_t> reached;
  shards_->Receive(MakeMessage("ns", "1", a.id()), [&](uint64_t peers) { reached = peers; });
  PollAll();
  EXPECT_THAT(a.Payloads(), IsEmpty());
  EXPECT_THAT(b.Payloads(), ElementsAre("1"));
  EXPECT_THAT(reached, Eq(1));
}

TEST_F(ShardSetTest, ReceivingOnAShardDeliversToItsOwnPeersAtOnce) {
  RecordingPeer& own = AddPeer(0, "ns");
  RecordingPeer& other = AddPeer(1, "ns");
  shards_->Run(ShardId{0}, [&](Hub&) {
    shards_->Receive(MakeMessage("ns", "1"), nullptr);
    shards_->Receive(MakeMessage("ns", "2"), nullptr);
    EXPECT_THAT(own.Payloads(), ElementsAre("1", "2"));
  });
  PollAll();
  EXPECT_THAT(own.Payloads(), ElementsAre("1", "2"));
  EXPECT_THAT(other.Payloads(), ElementsAre("1", "2"));
}

TEST_F(ShardSetTest, EveryPublishersMessagesKeepTheirOrderOnEveryRunningShard) {
  constexpr int kPublishers = 4;
  constexpr int kEach = 500;
  StartLoops();
  std::promise<void> added;
  for (uint16_t shard = 0; shard < kShards; ++shard) peers_.emplace_back(hubs_[shard].NextPeerId());
  shards_->OnAll(
      [&](Hub& hub) {
        RecordingPeer& peer = peers_[static_cast<size_t>(hub.shard())];
        hub.Add(&peer, "ns");
        EXPECT_TRUE(hub.Subscribe(&peer, "t").ok());
      },
      [&] { added.set_value(); });
  added.get_future().wait();

  std::atomic<int> answers = 0;
  std::atomic<uint64_t> reached = 0;
  std::promise<void> all_answered;
  std::vector<std::thread> publishers;
  for (int p = 0; p < kPublishers; ++p) {
    publishers.emplace_back([&, p] {
      for (int i = 0; i < kEach; ++i) {
        shards_->Receive(MakeMessage("ns", std::to_string(p) + ":" + std::to_string(i)),
                         [&](uint64_t peers) {
                           reached += peers;
                           if (++answers == kPublishers * kEach) all_answered.set_value();
                         });
      }
    });
  }
  for (std::thread& publisher : publishers) publisher.join();
  all_answered.get_future().wait();
  StopLoops();

  EXPECT_EQ(answers, kPublishers * kEach);
  EXPECT_EQ(reached, kPublishers * kEach * kShards);
  for (RecordingPeer& peer : peers_) {
    std::vector<int> next(kPublishers);
    for (const std::string& payload : peer.Payloads()) {
      const size_t colon = payload.find(':');
      const size_t p = std::stoul(payload.substr(0, colon));
      EXPECT_EQ(std::stoi(payload.substr(colon + 1)), next[p]++);
    }
    EXPECT_THAT(next, testing::Each(kEach));
  }
}

// Peers come and go on their shards while others publish; each answer is right about its moment.
TEST_F(ShardSetTest, PublishesAmidChurnAreAnsweredOnceEach) {
  constexpr int kPublishes = 2000;
  StartLoops();
  std::deque<RecordingPeer> own;
  for (uint16_t shard = 0; shard < kShards; ++shard) own.emplace_back(hubs_[shard].NextPeerId());
  std::atomic<int> answers = 0;
  std::atomic<uint64_t> reached = 0;
  std::thread churn([&] {
    for (int i = 0; i < 1000; ++i) {
      const auto shard = static_cast<uint16_t>(i % kShards);
      shards_->Run(ShardId{shard}, [&](Hub& hub) {
        RecordingPeer& peer = own[static_cast<size_t>(hub.shard())];
        if (hub.Find(peer.id()) == nullptr) {
          hub.Add(&peer, "ns");
          EXPECT_TRUE(hub.Subscribe(&peer, "t").ok());
        } else {
          hub.Remove(&peer);
        }
      });
    }
  });
  for (int i = 0; i < kPublishes; ++i) {
    shards_->Receive(MakeMessage("ns", "m"), [&](uint64_t peers) {
      reached += peers;
      ++answers;
    });
  }
  churn.join();
  std::promise<void> settled;
  shards_->OnAll([&](Hub& hub) { hub.Remove(&own[static_cast<size_t>(hub.shard())]); },
                 [&] { settled.set_value(); });
  settled.get_future().wait();
  StopLoops();
  EXPECT_EQ(answers, kPublishes);
  uint64_t delivered = 0;
  for (const RecordingPeer& peer : own) delivered += peer.deliveries().size();
  EXPECT_EQ(reached, delivered);
  EXPECT_EQ(metrics_.delivered.value(), delivered);
  EXPECT_EQ(metrics_.subscriptions.value(), 0);
  EXPECT_THAT(interest_.ShardsOf("ns"), IsEmpty());
}

TEST_F(ShardSetTest, IsCongestedWhileTooMuchWaitsForAShard) {
  RecordingPeer& peer = AddPeer(1, "n");
  const std::string large(1 << 20, 'x');
  int posted = 0;
  while (!shards_->Congested()) {
    ASSERT_LT(posted, 17);
    shards_->Receive(MakeMessage("n", large), nullptr);
    ++posted;
  }
  EXPECT_GE(posted, 16);
  PollAll();
  EXPECT_FALSE(shards_->Congested());
  EXPECT_EQ(peer.deliveries().size(), static_cast<size_t>(posted));
}

TEST_F(ShardSetTest, ManyShortMessagesThatWaitAreCongestionToo) {
  AddPeer(1, "n");
  int posted = 0;
  for (; !shards_->Congested(); ++posted) {
    ASSERT_LT(posted, 200'000);
    shards_->Receive(MakeMessage("n", ""), nullptr);
  }
  PollAll();
  EXPECT_FALSE(shards_->Congested());
}

// ---- What comes from other nodes

TEST_F(ShardSetTest, WhatAnotherNodePublishedReachesEachShardThatWantsIt) {
  RecordingPeer& one = AddPeer(0, "ns");
  RecordingPeer& two = AddPeer(2, "ns");
  RecordingPeer& elsewhere = AddPeer(1, "other");
  shards_->ReceiveRemote(MakeMessage("ns", "a"));
  shards_->ReceiveRemote(MakeMessage("ns", "b"));
  PollAll();
  EXPECT_THAT(one.Payloads(), ElementsAre("a", "b"));
  EXPECT_THAT(two.Payloads(), ElementsAre("a", "b"));
  EXPECT_THAT(elsewhere.Payloads(), IsEmpty());
}

TEST_F(ShardSetTest, WhatWasMissedIsToldInItsPlace) {
  RecordingPeer& peer = AddPeer(1, "ns");
  RecordingPeer& elsewhere = AddPeer(1, "other");
  shards_->ReceiveRemote(MakeMessage("ns", "a"));
  shards_->Missed("ns", 2);
  loops_[1].Poll();
  EXPECT_THAT(peer.Payloads(), ElementsAre("a"));
  EXPECT_THAT(peer.missed(), ElementsAre(2));
  EXPECT_THAT(elsewhere.missed(), IsEmpty());
}

TEST_F(ShardSetTest, AShardThatIsBehindMissesMessagesOfOtherNodesAndIsToldHowManyInTheirPlace) {
  RecordingPeer& behind = AddPeer(0, "ns");
  RecordingPeer& other = AddPeer(0, "other");
  RecordingPeer& keeps_up = AddPeer(1, "ns");
  const std::string piece(1 << 20, 'x');
  // Each costs a little more than its bytes: the last of these goes over the limit.
  constexpr size_t kFit = ShardSet::kMostUndelivered / (1 << 20);
  for (size_t i = 0; i < kFit + 3; ++i) {
    shards_->ReceiveRemote(MakeMessage("ns", piece));
    loops_[1].Poll();
  }
  EXPECT_EQ(keeps_up.deliveries().size(), kFit + 3);
  EXPECT_EQ(metrics_.dropped.value(metrics::Drop::kInboxFull), 3);

  // Nothing comes between what is missing and the word of it.
  loops_[0].Poll();
  EXPECT_EQ(behind.deliveries().size(), kFit);
  EXPECT_THAT(behind.missed(), ElementsAre(3));
  EXPECT_THAT(other.missed(), IsEmpty());
  shards_->ReceiveRemote(MakeMessage("ns", "again"));
  loops_[0].Poll();
  EXPECT_EQ(behind.Payloads().back(), "again");
  EXPECT_THAT(behind.missed(), ElementsAre(3));
}

}  // namespace
}  // namespace hookcast::pubsub
