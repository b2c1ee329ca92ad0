#include "tests/contract/backplane_contract.h"

#include <gmock/gmock.h>

#include <algorithm>
#include <atomic>
#include <condition_variable>
#include <deque>
#include <map>
#include <mutex>
#include <set>
#include <string_view>
#include <thread>
#include <utility>
#include <vector>

#include "broker/base/shard_loop.h"
#include "broker/metrics/catalogue.h"
#include "broker/pubsub/hub.h"
#include "broker/pubsub/interest_table.h"
#include "broker/pubsub/shard_set.h"
#include "tests/fakes/recording_peer.h"
#include "tests/fakes/recording_receiver.h"

namespace hookcast::contract {
namespace {

using fakes::RecordingPeer;
using fakes::RecordingReceiver;
using pubsub::MessageRef;
using testing::ElementsAre;
using testing::Gt;
using testing::IsEmpty;

constexpr std::chrono::seconds kLongEnough(20);

std::atomic<uint64_t> next_sequence{0};

std::shared_ptr<pubsub::Message> MakeMessage(std::string ns, std::string_view payload,
                                             std::string topic = "t") {
  auto message = std::make_shared<pubsub::Message>();
  message->id = {Incarnation{0x1122334455667788}, ++next_sequence};
  message->ns = std::move(ns);
  message->topic = std::move(topic);
  message->data.payload = Bytes::Copy(payload);
  return message;
}

std::string_view PayloadOf(const MessageRef& message) { return message->data.payload.view(); }

// Counts the answers to numbered publishes. Thread: any.
class Answers {
 public:
  explicit Answers(size_t publishes) : calls_(publishes), codes_(publishes) {}

  // The callback for one publish. REQUIRES: called while this object lives.
  pubsub::TakenCallback For(size_t publish) {
    return [this, publish](absl::Status status, uint64_t local_count) {
      const std::lock_guard lock(mutex_);
      ++calls_[publish];
      codes_[publish] = status.code();
      local_count_ += local_count;
      ++total_;
      answered_.notify_all();
    };
  }

  bool AwaitAll() {
    std::unique_lock lock(mutex_);
    return answered_.wait_for(lock, kLongEnough, [&] { return total_ >= calls_.size(); });
  }

  // How many publishes got each number of answers.
  std::map<int, size_t> CallCounts() {
    const std::lock_guard lock(mutex_);
    std::map<int, size_t> counts;
    for (const int calls : calls_) ++counts[calls];
    return counts;
  }
  absl::StatusCode code(size_t publish) {
    const std::lock_guard lock(mutex_);
    return codes_[publish];
  }
  uint64_t local_count() {
    const std::lock_guard lock(mutex_);
    return local_count_;
  }

 private:
  std::mutex mutex_;
  std::condition_variable answered_;
  std::vector<int> calls_;
  std::vector<absl::StatusCode> codes_;
  uint64_t local_count_ = 0;
  size_t total_ = 0;
};

// Names that a careless key, pattern or buffer would confuse.
std::vector<std::string> HostileNames() {
  std::vector<std::string> names = {
      "",
      std::string(1, '\0'),
      std::string("a\0b", 3),
      std::string("a\0c", 3),
      "a",
      "A",
      "{",
      "}",
      "{}",
      "{a}",
      "{a}b",
      "%",
      "%%",
      "%00",
      "%7B",
      "%7b",
      "%25",
      "*",
      "**",
      "a*",
      "?",
      "[a]",
      "\\",
      "\\*",
      " ",
      "\n",
      "\r\n",
      "a\r\nb",
      "\x7f",
      "\"",
      "'",
      ":",
      "a:b",
      "a/b",
      "/a/b",
      "ä",
      "a\xcc\x88",  // the same letter, composed otherwise
      "\xf0\x9f\x98\x80",
      std::string(1024, 'n'),
      std::string(1023, 'n'),
      std::string(1023, 'n') + "m",
      std::string(1024, '%'),
  };
  for (const size_t length : {8, 64, 255}) {
    const std::string prefix(length, 'p');
    names.push_back(prefix);
    names.push_back(prefix + "1");
    names.push_back(prefix + "2");
  }
  return names;
}

}  // namespace

BackplaneContract::BackplaneContract()
    : factory_(GetParam().factory()), backplane_(factory_->Make(kNode)) {}

void BackplaneContract::Start(pubsub::Receiver* receiver,
                              const std::vector<std::string>& namespaces) {
  backplane_->Start(receiver, nullptr);
  for (const std::string& ns : namespaces) backplane_->Subscribe(ns);
  factory_->AwaitReady(*backplane_);
  ASSERT_TRUE(backplane_->Health().ok()) << backplane_->Health();
}

// Guarantee 1.

TEST_P(BackplaneContract, AMessageKeepsItsNamespaceWhateverTheNameHolds) {
  RecordingReceiver receiver;
  const std::vector<std::string> names = HostileNames();
  ASSERT_EQ(std::set<std::string>(names.begin(), names.end()).size(), names.size());
  Start(&receiver, names);

  Answers answers(names.size());
  for (size_t i = 0; i < names.size(); ++i) {
    backplane_->Publish(MakeMessage(names[i], std::to_string(i)), answers.For(i));
  }
  ASSERT_TRUE(answers.AwaitAll());
  ASSERT_TRUE(receiver.AwaitCount(names.size()));
  backplane_->Stop();

  std::vector<size_t> seen(names.size());
  for (const MessageRef& message : receiver.messages()) {
    const size_t i = std::stoul(std::string(PayloadOf(message)));
    EXPECT_EQ(message->ns, names[i]);
    ++seen[i];
  }
  EXPECT_THAT(seen, testing::Each(1));
}

// The whole way to the peers: a node of two shards with a peer in each namespace, all subscribed to
// one topic.
TEST_P(BackplaneContract, APeerHearsItsOwnNamespaceAloneWhateverTheNameHolds) {
  const std::vector<std::string> names = HostileNames();
  metrics::Catalogue metrics;
  pubsub::InterestTable interest(backplane_.get());
  pubsub::Hub hub_0(kNode, ShardId{0}, &interest, &metrics);
  pubsub::Hub hub_1(kNode, ShardId{1}, &interest, &metrics);
  ShardLoop loop_0(ShardId{0});
  ShardLoop loop_1(ShardId{1});
  pubsub::ShardSet shards({{&loop_0, &hub_0}, {&loop_1, &hub_1}}, &interest);
  backplane_->Start(&shards, nullptr);

  std::deque<RecordingPeer> peers;
  for (size_t i = 0; i < names.size(); ++i) {
    pubsub::Hub& hub = i % 2 == 0 ? hub_0 : hub_1;
    RecordingPeer& peer = peers.emplace_back(hub.NextPeerId());
    hub.Add(&peer, names[i]);
    ASSERT_TRUE(hub.Subscribe(&peer, "t").ok());
  }
  factory_->AwaitReady(*backplane_);
  ASSERT_TRUE(backplane_->Health().ok()) << backplane_->Health();

  std::atomic<size_t> answered = 0;
  std::atomic<uint64_t> reached = 0;
  for (size_t i = 0; i < names.size(); ++i) {
    backplane_->Publish(MakeMessage(names[i], std::to_string(i)),
                        [&](const absl::Status& status, uint64_t local_count) {
                          EXPECT_TRUE(status.ok()) << status;
                          reached += local_count;
                          ++answered;
                        });
  }
  const auto deadline = std::chrono::steady_clock::now() + kLongEnough;
  while (answered < names.size() && std::chrono::steady_clock::now() < deadline) {
    if (loop_0.Poll() + loop_1.Poll() == 0) std::this_thread::yield();
  }
  EXPECT_EQ(reached, names.size());
  for (size_t i = 0; i < names.size(); ++i) {
    EXPECT_THAT(peers[i].Payloads(), ElementsAre(std::to_string(i)))
        << testing::PrintToString(names[i]);
  }
  for (size_t i = 0; i < names.size(); ++i) (i % 2 == 0 ? hub_0 : hub_1).Remove(&peers[i]);
  backplane_->Stop();
}

TEST_P(BackplaneContract, AMessageArrivesWhole) {
  RecordingReceiver receiver;
  Start(&receiver, {"ns"});
  std::string payload;
  for (int byte = 0; byte < 256; ++byte) payload.push_back(static_cast<char>(byte));

  auto sent = std::make_shared<pubsub::Message>();
  sent->id = {kNode, ++next_sequence};
  sent->ns = "ns";
  sent->topic = std::string("a topic \0 {%}*", 14);
  sent->data = {.kind = pubsub::DataKind::kBinary,
                .payload = Bytes::Copy(payload),
                .compress = true,
                .event = std::make_shared<pubsub::EventFields>(pubsub::EventFields{
                    .id = "7", .event = "tick", .retry = std::chrono::milliseconds(1500)})};
  sent->exclude = PeerId{kNode, ShardId{3}, 9};
  backplane_->Publish(sent, nullptr);
  backplane_->Publish(MakeMessage("ns", ""), nullptr);
  ASSERT_TRUE(receiver.AwaitCount(2));
  backplane_->Stop();

  const std::vector<MessageRef> messages = receiver.messages();
  const pubsub::Message& got = *messages[0];
  EXPECT_EQ(got.id, sent->id);
  EXPECT_EQ(got.ns, "ns");
  EXPECT_EQ(got.topic, sent->topic);
  EXPECT_EQ(got.data.kind, pubsub::DataKind::kBinary);
  EXPECT_EQ(got.data.payload.view(), payload);
  EXPECT_TRUE(got.data.compress);
  ASSERT_NE(got.data.event, nullptr);
  EXPECT_EQ(got.data.event->id, "7");
  EXPECT_EQ(got.data.event->event, "tick");
  EXPECT_EQ(got.data.event->retry, std::chrono::milliseconds(1500));
  EXPECT_EQ(got.exclude, sent->exclude);
  EXPECT_EQ(messages[1]->data.kind, pubsub::DataKind::kText);
  EXPECT_EQ(PayloadOf(messages[1]), "");
  EXPECT_EQ(messages[1]->data.event, nullptr);
  EXPECT_EQ(messages[1]->exclude, std::nullopt);
}

// Guarantees 2 and 3.

TEST_P(BackplaneContract, EachOfEightThreadsIsHeardInItsOrderAndOnce) {
  constexpr size_t kThreads = 8;
  constexpr size_t kEach = 500;
  const std::vector<std::string> names = {"one", "two", "three"};
  RecordingReceiver receiver;
  Start(&receiver, names);

  Answers answers(kThreads * kEach);
  std::atomic<bool> go = false;
  std::vector<std::thread> threads;
  for (size_t t = 0; t < kThreads; ++t) {
    threads.emplace_back([&, t] {
      go.wait(false);
      for (size_t i = 0; i < kEach; ++i) {
        backplane_->Publish(
            MakeMessage(names[i % names.size()], std::to_string(i), std::to_string(t)),
            answers.For(t * kEach + i));
      }
    });
  }
  go = true;
  go.notify_all();
  for (std::thread& thread : threads) thread.join();
  ASSERT_TRUE(answers.AwaitAll());
  ASSERT_TRUE(receiver.AwaitCount(kThreads * kEach));
  backplane_->Stop();

  std::map<std::string, size_t> next;
  for (const MessageRef& message : receiver.messages()) {
    size_t& expected = next[message->topic];
    ASSERT_EQ(PayloadOf(message), std::to_string(expected)) << "of thread " << message->topic;
    EXPECT_EQ(message->ns, names[expected % names.size()]);
    ++expected;
  }
  ASSERT_EQ(next.size(), kThreads);
  for (const auto& [thread, count] : next) EXPECT_EQ(count, kEach) << "of thread " << thread;
  EXPECT_THAT(answers.CallCounts(), ElementsAre(std::pair(1, kThreads * kEach)));
}

// What a caller who awaits each answer publishes comes in order, whichever thread it came back on.
TEST_P(BackplaneContract, AnAnswerMayPublishAgain) {
  constexpr int kLinks = 200;
  RecordingReceiver receiver;
  Start(&receiver, {"chain"});

  std::mutex mutex;
  std::condition_variable ended;
  bool done = false;
  std::function<void(int)> publish = [&](int link) {
    backplane_->Publish(MakeMessage("chain", std::to_string(link)),
                        [&, link](const absl::Status& status, uint64_t) {
                          EXPECT_TRUE(status.ok()) << status;
                          if (link + 1 < kLinks) {
                            publish(link + 1);
                          } else {
                            const std::lock_guard lock(mutex);
                            done = true;
                            ended.notify_all();
                          }
                        });
  };
  publish(0);
  {
    std::unique_lock lock(mutex);
    ASSERT_TRUE(ended.wait_for(lock, kLongEnough, [&] { return done; }));
  }
  ASSERT_TRUE(receiver.AwaitCount(kLinks));
  backplane_->Stop();

  int expected = 0;
  for (const MessageRef& message : receiver.messages()) {
    EXPECT_EQ(PayloadOf(message), std::to_string(expected++));
  }
  EXPECT_EQ(expected, kLinks);
}

TEST_P(BackplaneContract, TheAnswerTellsHowManyPeersOfThisNodeTookTheMessage) {
  RecordingReceiver receiver(3);
  Start(&receiver, {"ns"});
  Answers answers(2);
  backplane_->Publish(MakeMessage("ns", "a"), answers.For(0));
  backplane_->Publish(MakeMessage("ns", "b"), answers.For(1));
  ASSERT_TRUE(answers.AwaitAll());
  backplane_->Stop();
  EXPECT_EQ(answers.local_count(), 6);
  EXPECT_EQ(answers.code(0), absl::StatusCode::kOk);
}

TEST_P(BackplaneContract, WhatThisNodesPeersHaveAlreadyGoesToOthersAlone) {
  RecordingReceiver receiver(3);
  Start(&receiver, {"ns"});
  auto again = std::make_shared<pubsub::Message>();
  again->id = {kNode, ++next_sequence};
  again->ns = "ns";
  again->topic = "t";
  again->delivered_here = true;
  Answers answers(2);
  backplane_->Publish(again, answers.For(0));
  backplane_->Publish(again, nullptr);
  backplane_->Publish(MakeMessage("ns", "new"), answers.For(1));
  ASSERT_TRUE(answers.AwaitAll());
  backplane_->Stop();
  EXPECT_EQ(answers.code(0), absl::StatusCode::kOk);
  EXPECT_EQ(answers.local_count(), 3);
  ASSERT_EQ(receiver.count(), 1);
  EXPECT_EQ(PayloadOf(receiver.messages()[0]), "new");
}

TEST_P(BackplaneContract, APublishWithoutACallbackArrivesToo) {
  RecordingReceiver receiver;
  Start(&receiver, {"ns"});
  backplane_->Publish(MakeMessage("ns", "a"), nullptr);
  EXPECT_TRUE(receiver.AwaitCount(1));
  backplane_->Stop();
  backplane_->Publish(MakeMessage("ns", "b"), nullptr);
  EXPECT_EQ(receiver.count(), 1);
}

TEST_P(BackplaneContract, InterestThatComesAndGoesLosesNothingOfTheNodesOwn) {
  RecordingReceiver receiver;
  Start(&receiver, {"ns"});
  for (int i = 0; i < 100; ++i) {
    backplane_->Unsubscribe("ns");
    backplane_->Subscribe("ns");
  }
  factory_->AwaitReady(*backplane_);
  Answers answers(1);
  backplane_->Publish(MakeMessage("ns", "a"), answers.For(0));
  ASSERT_TRUE(answers.AwaitAll());
  EXPECT_TRUE(receiver.AwaitCount(1));
  backplane_->Stop();
  EXPECT_EQ(receiver.count(), 1);
  EXPECT_EQ(answers.code(0), absl::StatusCode::kOk);
}

// Guarantee 4, and Stop.

TEST_P(BackplaneContract, AStoppedBackplaneRefusesWhatIsPublished) {
  RecordingReceiver receiver(5);
  Start(&receiver, {"ns"});
  backplane_->Stop();
  Answers answers(1);
  backplane_->Publish(MakeMessage("ns", "late"), answers.For(0));
  ASSERT_TRUE(answers.AwaitAll());
  EXPECT_EQ(answers.code(0), absl::StatusCode::kUnavailable);
  EXPECT_EQ(answers.local_count(), 0);
  EXPECT_THAT(receiver.messages(), IsEmpty());
  EXPECT_EQ(backplane_->Health().code(), absl::StatusCode::kUnavailable);
}

TEST_P(BackplaneContract, AnAnswerThatTheReceiverOwesComesOnceAlsoAfterStop) {
  RecordingReceiver receiver(2);
  Start(&receiver, {"ns"});
  receiver.Hold();
  Answers answers(3);
  for (size_t i = 0; i < 3; ++i) backplane_->Publish(MakeMessage("ns", "held"), answers.For(i));
  ASSERT_TRUE(receiver.AwaitCount(3));
  backplane_->Stop();
  receiver.Release();
  ASSERT_TRUE(answers.AwaitAll());
  EXPECT_THAT(answers.CallCounts(), ElementsAre(std::pair(1, 3u)));
}

// Counts what comes after the end, and lingers in Receive so that an end which does not wait is
// caught in the act.
class EndingReceiver final : public pubsub::Receiver {
 public:
  explicit EndingReceiver(size_t publishes) : received(publishes) {}

  void Receive(MessageRef message, pubsub::DeliveredCallback delivered) override {
    for (int i = 0; i < 3; ++i) std::this_thread::yield();
    if (ended) ++late;
    received[std::stoul(std::string(PayloadOf(message)))].fetch_add(1);
    total.fetch_add(1);
    if (delivered != nullptr) delivered(1);
  }
  Rest Line(MessageRef message, pubsub::DeliveredCallback delivered) override {
    return [this, message = std::move(message), delivered = std::move(delivered)]() mutable {
      Receive(std::move(message), std::move(delivered));
    };
  }
  void ReceiveRemote(MessageRef message) override { Receive(std::move(message), nullptr); }
  void Missed(std::string_view, std::optional<uint64_t>) override {}

  std::atomic<bool> ended = false;
  std::atomic<int> late = 0;
  std::atomic<size_t> total = 0;
  std::vector<std::atomic<int>> received;
};

TEST_P(BackplaneContract, StopAmidPublishesAnswersEachOnceAndLetsNothingThroughAfterwards) {
  constexpr size_t kRounds = 40;
  constexpr size_t kThreads = 8;
  constexpr size_t kEach = 100;
  size_t refused = 0;
  for (size_t round = 0; round < kRounds; ++round) {
    const std::unique_ptr<pubsub::Backplane> backplane = factory_->Make(Incarnation{round + 1});
    auto receiver = std::make_unique<EndingReceiver>(kThreads * kEach);
    Answers answers(kThreads * kEach);
    backplane->Start(receiver.get(), nullptr);
    backplane->Subscribe("ns");
    factory_->AwaitReady(*backplane);

    std::vector<std::thread> threads;
    for (size_t t = 0; t < kThreads; ++t) {
      threads.emplace_back([&, t] {
        for (size_t i = t * kEach; i < (t + 1) * kEach; ++i) {
          backplane->Publish(MakeMessage("ns", std::to_string(i)), answers.For(i));
        }
      });
    }
    while (receiver->total < 10 + round) std::this_thread::yield();
    backplane->Stop();
    receiver->ended = true;
    for (std::thread& thread : threads) thread.join();
    ASSERT_TRUE(answers.AwaitAll());

    EXPECT_EQ(receiver->late, 0) << "messages received after Stop, in round " << round;
    EXPECT_THAT(answers.CallCounts(), ElementsAre(std::pair(1, kThreads * kEach)));
    for (size_t i = 0; i < kThreads * kEach; ++i) {
      const absl::StatusCode code = answers.code(i);
      if (code == absl::StatusCode::kOk) {
        EXPECT_EQ(receiver->received[i], 1) << "publish " << i;
      } else {
        EXPECT_EQ(code, absl::StatusCode::kUnavailable) << "publish " << i;
        EXPECT_LE(receiver->received[i], 1) << "publish " << i;
        ++refused;
      }
    }
  }
  // Else no round stopped amid anything.
  EXPECT_THAT(refused, Gt(0));
}

}  // namespace hookcast::contract
