#include "tests/unit/broker/control/node_under_test.h"

#include <gtest/gtest.h>

#include <future>
#include <thread>

namespace hookcast::control {

NodeUnderTest::NodeUnderTest(size_t shards)
    : NodeUnderTest(shards, {0xfeed}, /*alone=*/true, /*cluster_token=*/"") {}

NodeUnderTest::NodeUnderTest(size_t shards, Incarnation self, bool alone, std::string cluster_token)
    : incarnation(self), directory_(self, alone, &clock_, &metrics_), holds_(shards) {
  std::vector<pubsub::ShardSet::Shard> parts;
  for (size_t i = 0; i < shards; ++i) {
    loops_.push_back(std::make_unique<ShardLoop>(static_cast<ShardId>(i)));
    hubs_.push_back(std::make_unique<pubsub::Hub>(incarnation, static_cast<ShardId>(i), &interest_,
                                                  &metrics_, &watchers_));
    parts.push_back({loops_.back().get(), hubs_.back().get()});
  }
  shards_ = std::make_unique<pubsub::ShardSet>(std::move(parts), &interest_, &watchers_);
  backplane_.Start(shards_.get(), nullptr);
  NodeFacts facts{.id = incarnation.ToString(),
                  .version = "1.2.3",
                  .control_address = [] { return "node-a:8082"; },
                  .started_at = clock_.WallNow(),
                  .started = clock_.Now(),
                  .ready = [this] { return ready; },
                  .draining = [this] { return draining; },
                  .drain =
                      [this](std::optional<Duration> over, auto answer) {
                        drains.push_back(over);
                        answer(7);
                      }};
  handlers_ = std::make_unique<Handlers>(std::move(facts), shards_.get(), &watchers_, &publisher_,
                                         &executor_, &interest_, &clock_);
  links_.emplace(std::move(cluster_token), &metrics_);
  cluster_handlers_.emplace(incarnation, handlers_.get(), &directory_, &*links_);
}

NodeUnderTest::~NodeUnderTest() {
  links_.reset();
  for (const auto& loop : loops_) {
    if (loop != nullptr) loop->Stop();
  }
}

void NodeUnderTest::Start() {
  started_ = true;
  for (const auto& loop : loops_) loop->Start();
}

void NodeUnderTest::DropLoops() {
  for (auto& loop : loops_) loop.reset();
}

void NodeUnderTest::OnShard(size_t shard, absl::AnyInvocable<void(pubsub::Hub&)> task) {
  if (!started_) {
    std::thread([&] { task(*hubs_[shard]); }).join();
    return;
  }
  std::promise<void> ran;
  loops_[shard]->Post([&] {
    task(*hubs_[shard]);
    ran.set_value();
  });
  ran.get_future().wait();
}

void NodeUnderTest::Hold(size_t shard) {
  holds_[shard] = {};
  std::promise<void> held;
  loops_[shard]->Post([&held, release = holds_[shard].get_future()]() mutable {
    held.set_value();
    release.wait();
  });
  held.get_future().wait();
}

void NodeUnderTest::Release(size_t shard) { holds_[shard].set_value(); }

fakes::RecordingPeer* NodeUnderTest::AddPeer(size_t shard, const std::string& ns,
                                             const std::vector<std::string>& topics,
                                             uint32_t max_topics) {
  fakes::RecordingPeer* peer = nullptr;
  OnShard(shard, [&](pubsub::Hub& hub) {
    peers_.push_back(std::make_unique<fakes::RecordingPeer>(hub.NextPeerId(), max_topics));
    peer = peers_.back().get();
    peer->mutable_facts().ns = ns;
    peer->mutable_facts().target = ns + "?q";
    peer->mutable_facts().route = "/{any}";
    peer->mutable_facts().connected_at = clock_.WallNow();
    hub.Add(peer, ns);
    for (const std::string& topic : topics) EXPECT_TRUE(hub.Subscribe(peer, topic).ok());
  });
  return peer;
}

std::vector<std::string> NodeUnderTest::Payloads(fakes::RecordingPeer* peer) {
  std::vector<std::string> payloads;
  OnShard(static_cast<size_t>(peer->id().shard),
          [&](pubsub::Hub&) { payloads = peer->Payloads(); });
  return payloads;
}

}  // namespace hookcast::control
