#include <gmock/gmock.h>

#include <atomic>
#include <deque>
#include <future>
#include <optional>
#include <string>
#include <thread>
#include <utility>
#include <vector>

#include "absl/strings/str_cat.h"
#include "broker/base/shard_loop.h"
#include "broker/metrics/catalogue.h"
#include "broker/pubsub/hub.h"
#include "broker/pubsub/interest_table.h"
#include "broker/pubsub/shard_set.h"
#include "tests/contract/backplane_contract.h"
#include "tests/fakes/recording_peer.h"
#include "tests/fakes/recording_receiver.h"

// Guarantee 5: namespaces that keep a history.

namespace hookcast::contract {
namespace {

using fakes::RecordingReceiver;
using pubsub::HistoryPage;
using pubsub::HistoryQuery;
using pubsub::MessageRef;
using pubsub::Position;
using testing::ElementsAre;
using testing::IsEmpty;

constexpr auto kKept = "kept:a";

std::shared_ptr<pubsub::Message> MakeMessage(std::string_view payload, std::string topic = "t",
                                             std::string ns = kKept) {
  static std::atomic<uint64_t> sequence{0};
  auto message = std::make_shared<pubsub::Message>();
  message->id = {Incarnation{0x55}, ++sequence};
  message->ns = std::move(ns);
  message->topic = std::move(topic);
  message->data.payload = Bytes::Copy(payload);
  return message;
}

void PublishAndWait(pubsub::Backplane& backplane, std::shared_ptr<pubsub::Message> message) {
  std::promise<absl::Status> taken;
  backplane.Publish(std::move(message),
                    [&](absl::Status status, uint64_t) { taken.set_value(std::move(status)); });
  const absl::Status status = taken.get_future().get();
  ASSERT_TRUE(status.ok()) << status;
}

absl::StatusOr<HistoryPage> Read(pubsub::Backplane& backplane, HistoryQuery query) {
  std::promise<absl::StatusOr<HistoryPage>> read;
  backplane.ReadHistory(std::move(query),
                        [&](absl::StatusOr<HistoryPage> page) { read.set_value(std::move(page)); });
  return read.get_future().get();
}

absl::StatusOr<Position> Head(pubsub::Backplane& backplane, std::string_view ns = kKept) {
  std::promise<absl::StatusOr<Position>> read;
  backplane.ReadHead(ns, [&](absl::StatusOr<Position> head) { read.set_value(std::move(head)); });
  return read.get_future().get();
}

// "1 a" for the message with sequence 1 and payload "a".
std::vector<std::string> LinesOf(const HistoryPage& page) {
  std::vector<std::string> lines;
  for (const MessageRef& message : page.messages) {
    lines.push_back(
        absl::StrCat(message->position->sequence, " ", std::string(message->data.payload.view())));
  }
  return lines;
}

TEST_P(BackplaneContract, AHistoryIsKeptByTheNameAlone) {
  RecordingReceiver receiver;
  Start(&receiver, {"plain"});
  EXPECT_TRUE(backplane_->KeepsHistory(kKept));
  EXPECT_FALSE(backplane_->KeepsHistory("plain"));
  PublishAndWait(*backplane_, MakeMessage("x", "t", "plain"));
  ASSERT_TRUE(receiver.AwaitCount(1));
  EXPECT_EQ(receiver.messages()[0]->position, std::nullopt);
  EXPECT_EQ(Read(*backplane_, {.ns = "plain"}).status().code(),
            absl::StatusCode::kFailedPrecondition);
  EXPECT_EQ(Head(*backplane_, "plain").status().code(), absl::StatusCode::kFailedPrecondition);
  backplane_->Stop();
}

TEST_P(BackplaneContract, SequencesRunFromOneWithoutHoles) {
  RecordingReceiver receiver;
  Start(&receiver, {kKept});
  const auto empty = Head(*backplane_);
  ASSERT_TRUE(empty.ok()) << empty.status();
  EXPECT_EQ(empty->sequence, 0);
  EXPECT_GT(empty->epoch, 0);
  for (const char* payload : {"a", "b", "c"}) PublishAndWait(*backplane_, MakeMessage(payload));
  ASSERT_TRUE(receiver.AwaitCount(3));
  const std::vector<MessageRef> received = receiver.messages();
  for (uint64_t i = 0; i < 3; ++i) {
    EXPECT_EQ(received[i]->position, (Position{empty->epoch, i + 1}));
  }
  EXPECT_EQ(*Head(*backplane_), (Position{empty->epoch, 3}));
  backplane_->Stop();
}

TEST_P(BackplaneContract, APageHoldsWhatFollowsAPosition) {
  RecordingReceiver receiver;
  Start(&receiver, {kKept});
  for (const char* payload : {"a", "b", "c", "d", "e"}) {
    PublishAndWait(*backplane_, MakeMessage(payload, payload[0] % 2 == 0 ? "even" : "odd"));
  }
  const uint64_t epoch = Head(*backplane_)->epoch;

  auto page = Read(*backplane_, {.ns = kKept});
  ASSERT_TRUE(page.ok()) << page.status();
  EXPECT_THAT(LinesOf(*page), ElementsAre("1 a", "2 b", "3 c", "4 d", "5 e"));
  EXPECT_FALSE(page->gap);
  EXPECT_EQ(page->first, 1);
  EXPECT_EQ(page->head, (Position{epoch, 5}));
  EXPECT_EQ(page->scanned, page->head);

  page = Read(*backplane_, {.ns = kKept, .after = Position{epoch, 1}, .limit = 2});
  EXPECT_THAT(LinesOf(*page), ElementsAre("2 b", "3 c"));
  EXPECT_EQ(page->scanned, (Position{epoch, 3}));
  EXPECT_FALSE(page->gap);

  page = Read(*backplane_, {.ns = kKept, .after = Position{epoch, 1}, .until = 4});
  EXPECT_THAT(LinesOf(*page), ElementsAre("2 b", "3 c", "4 d"));

  const auto topics = std::make_shared<const pubsub::TopicSet>(pubsub::TopicSet{"even", "none"});
  page = Read(*backplane_, {.ns = kKept, .topics = topics});
  EXPECT_THAT(LinesOf(*page), ElementsAre("2 b", "4 d"));
  EXPECT_EQ(page->scanned, (Position{epoch, 5})) << "what is not wanted was looked at too";

  page = Read(*backplane_, {.ns = kKept, .bytes = 2});
  EXPECT_THAT(LinesOf(*page), ElementsAre("1 a", "2 b"));

  page = Read(*backplane_, {.ns = kKept, .after = Position{epoch, 5}});
  EXPECT_THAT(page->messages, IsEmpty());
  EXPECT_FALSE(page->gap);
  EXPECT_EQ(page->scanned, (Position{epoch, 5}));
  backplane_->Stop();
}

TEST_P(BackplaneContract, WhatIsNotHeldIsAGapAndThePageBeginsWithTheOldest) {
  RecordingReceiver receiver;
  Start(&receiver, {kKept});
  constexpr size_t kMore = 3;
  for (size_t i = 0; i < BackplaneFactory::kKeptMessages + kMore; ++i) {
    PublishAndWait(*backplane_, MakeMessage("m"));
  }
  const Position head = *Head(*backplane_);
  const uint64_t epoch = head.epoch;
  EXPECT_EQ(head.sequence, BackplaneFactory::kKeptMessages + kMore);

  auto page = Read(*backplane_, {.ns = kKept, .limit = 1});
  EXPECT_FALSE(page->gap) << "nothing was asked for that is not held";
  EXPECT_EQ(page->first, kMore + 1);
  // The last that is gone need not be held to say that nothing behind it is missing.
  EXPECT_FALSE(Read(*backplane_, {.ns = kKept, .after = Position{epoch, kMore}})->gap);
  for (const Position after :
       {Position{epoch, kMore - 1}, Position{epoch, head.sequence + 1}, Position{epoch - 1, 2},
        Position{epoch + 1, head.sequence}, Position{epoch, UINT64_MAX}}) {
    page = Read(*backplane_, {.ns = kKept, .after = after, .limit = 1});
    EXPECT_TRUE(page->gap) << after.epoch << "." << after.sequence;
    ASSERT_EQ(page->messages.size(), 1);
    EXPECT_EQ(page->messages[0]->position, (Position{epoch, kMore + 1}));
    EXPECT_EQ(page->scanned, (Position{epoch, kMore + 1}));
  }
  backplane_->Stop();
}

TEST_P(BackplaneContract, NamespacesHaveHistoriesOfTheirOwn) {
  RecordingReceiver receiver;
  const std::vector<std::string> names = {"kept:", "kept:{a}", "kept:%7Ba%7D", "kept:*", "kept:\n"};
  Start(&receiver, names);
  for (const std::string& ns : names) PublishAndWait(*backplane_, MakeMessage(ns, "t", ns));
  for (const std::string& ns : names) {
    const auto page = Read(*backplane_, {.ns = ns});
    ASSERT_EQ(page->messages.size(), 1) << ns;
    EXPECT_EQ(page->messages[0]->data.payload.view(), ns);
    EXPECT_EQ(page->messages[0]->position->sequence, 1);
    EXPECT_EQ(page->messages[0]->position->epoch, page->head.epoch);
  }
  backplane_->Stop();
}

TEST_P(BackplaneContract, AHeadIsAnsweredByTheCallingThreadBeforeTheCallReturns) {
  RecordingReceiver receiver;
  Start(&receiver, {kKept});
  for (const char* ns : {kKept, "plain"}) {
    std::optional<std::thread::id> answered;
    backplane_->ReadHead(
        ns, [&](const absl::StatusOr<Position>&) { answered = std::this_thread::get_id(); });
    EXPECT_EQ(answered, std::this_thread::get_id()) << ns;
  }
  backplane_->Stop();
}

TEST_P(BackplaneContract, ANamespaceThatIsAskedOfAndHoldsNothingStandsStill) {
  RecordingReceiver receiver;
  Start(&receiver, {kKept});
  backplane_->Subscribe(kKept);
  const Position head = *Head(*backplane_);
  auto page = Read(*backplane_, {.ns = kKept, .after = head});
  ASSERT_TRUE(page.ok()) << page.status();
  EXPECT_FALSE(page->gap);
  EXPECT_EQ(page->head, head);
  EXPECT_EQ(page->scanned, head);
  EXPECT_EQ(page->first, 1);
  EXPECT_EQ(*Head(*backplane_), head);
  PublishAndWait(*backplane_, MakeMessage("first"));
  page = Read(*backplane_, {.ns = kKept, .after = head});
  EXPECT_FALSE(page->gap);
  EXPECT_THAT(LinesOf(*page), ElementsAre("1 first"));
  backplane_->Unsubscribe(kKept);
  backplane_->Stop();
}

TEST_P(BackplaneContract, AReaderIsCalledUnderNoLock) {
  RecordingReceiver receiver;
  Start(&receiver, {kKept});
  std::promise<void> ended;
  backplane_->ReadHead(kKept, [&](absl::StatusOr<Position> head) {
    ASSERT_TRUE(head.ok());
    backplane_->ReadHistory({.ns = kKept}, [&](absl::StatusOr<HistoryPage> page) {
      ASSERT_TRUE(page.ok());
      backplane_->Publish(MakeMessage("from inside"),
                          [&](absl::Status, uint64_t) { ended.set_value(); });
    });
  });
  EXPECT_EQ(ended.get_future().wait_for(std::chrono::seconds(20)), std::future_status::ready);
  backplane_->Stop();
}

// The whole way to the peers: three shards that run, publishers on threads of their own and on one
// of the shards.
TEST_P(BackplaneContract, AllPeersOfANamespaceSeeOneOrderWhicheverShardTheyAreOn) {
  constexpr size_t kShards = 3;
  constexpr int kThreads = 4;
  constexpr int kEach = 200;
  metrics::Catalogue metrics;
  pubsub::InterestTable interest(backplane_.get());
  std::deque<ShardLoop> loops;
  std::deque<pubsub::Hub> hubs;
  std::vector<pubsub::ShardSet::Shard> parts;
  for (uint16_t i = 0; i < kShards; ++i) {
    parts.push_back({&loops.emplace_back(ShardId{i}),
                     &hubs.emplace_back(kNode, ShardId{i}, &interest, &metrics)});
  }
  pubsub::ShardSet shards(parts, &interest);
  backplane_->Start(&shards, nullptr);
  for (ShardLoop& loop : loops) loop.Start();
  std::deque<fakes::RecordingPeer> peers;
  for (pubsub::Hub& hub : hubs) peers.emplace_back(hub.NextPeerId());
  std::promise<void> added;
  shards.OnAll(
      [&](pubsub::Hub& hub) {
        fakes::RecordingPeer& peer = peers[static_cast<size_t>(hub.shard())];
        hub.Add(&peer, kKept);
        EXPECT_TRUE(hub.Subscribe(&peer, "t").ok());
      },
      [&] { added.set_value(); });
  added.get_future().wait();
  factory_->AwaitReady(*backplane_);

  constexpr int kAll = (kThreads + 1) * kEach;
  std::atomic<int> answered = 0;
  std::atomic<uint64_t> reached = 0;
  std::promise<void> all_answered;
  const auto publish = [&](int publisher, int i) {
    backplane_->Publish(MakeMessage(absl::StrCat(publisher, ":", i)),
                        [&](absl::Status status, uint64_t local_count) {
                          EXPECT_TRUE(status.ok()) << status;
                          reached += local_count;
                          if (++answered == kAll) all_answered.set_value();
                        });
  };
  std::vector<std::thread> threads;
  for (int t = 0; t < kThreads; ++t) {
    threads.emplace_back([&, t] {
      for (int i = 0; i < kEach; ++i) publish(t, i);
    });
  }
  for (int i = 0; i < kEach; ++i) {
    shards.Run(ShardId{1}, [&, i](pubsub::Hub&) { publish(kThreads, i); });
  }
  for (std::thread& thread : threads) thread.join();
  ASSERT_EQ(all_answered.get_future().wait_for(std::chrono::seconds(20)),
            std::future_status::ready);
  for (ShardLoop& loop : loops) loop.Stop();

  EXPECT_EQ(reached, kAll * kShards);
  std::vector<std::string> order;
  std::optional<Position> after;
  while (order.size() < kAll) {
    const auto page = Read(*backplane_, {.ns = kKept, .after = after});
    ASSERT_TRUE(page.ok() && !page->messages.empty());
    for (const MessageRef& message : page->messages) {
      order.emplace_back(message->data.payload.view());
    }
    after = page->scanned;
  }
  for (size_t i = 0; i < kShards; ++i) {
    EXPECT_EQ(peers[i].Payloads(), order) << "on shard " << i;
    hubs[i].Remove(&peers[i]);
  }
  backplane_->Stop();
}

// A shard begins to want a namespace while others publish: it has the head that it read, and all
// that came behind it, without a hole.
TEST_P(BackplaneContract, InterestThatBeginsAmidPublishesMissesNothingBehindTheHead) {
  constexpr int kRounds = 200;
  metrics::Catalogue metrics;
  pubsub::InterestTable interest(backplane_.get());
  ShardLoop loop(ShardId{0});
  pubsub::Hub hub(kNode, ShardId{0}, &interest, &metrics);
  pubsub::ShardSet shards({{&loop, &hub}}, &interest);
  backplane_->Start(&shards, nullptr);
  loop.Start();
  std::atomic<bool> over = false;
  std::atomic<uint64_t> published = 0;
  std::thread publisher([&] {
    while (!over) {
      // No more than the shard can take, so that the rounds end.
      if (published.fetch_add(1) % 64 == 0) std::this_thread::yield();
      backplane_->Publish(MakeMessage("m"), nullptr);
    }
  });
  struct Round {
    explicit Round(PeerId id) : peer(id) {}
    fakes::RecordingPeer peer;
    Position begin;
    Position end;
  };
  std::deque<Round> rounds;
  for (int i = 0; i < kRounds; ++i) {
    std::promise<void> ended;
    shards.Run(ShardId{0}, [&](pubsub::Hub&) {
      Round& round = rounds.emplace_back(hub.NextPeerId());
      hub.Add(&round.peer, kKept);
      EXPECT_TRUE(hub.Subscribe(&round.peer, "t").ok());
      round.begin = *hub.Cursor(kKept);
      loop.Post([&] {
        round.end = *hub.Cursor(kKept);
        hub.Remove(&round.peer);
        ended.set_value();
      });
    });
    ended.get_future().wait();
  }
  over = true;
  publisher.join();
  loop.Stop();
  backplane_->Stop();
  for (const Round& round : rounds) {
    EXPECT_EQ(round.begin.epoch, round.end.epoch);
    EXPECT_EQ(round.peer.deliveries().size(), round.end.sequence - round.begin.sequence);
  }
}

}  // namespace
}  // namespace hookcast::contract
