#include "edge/app/node_shards.h"

#include <algorithm>
#include <utility>

#include "broker/base/shard_loop.h"
#include "broker/pubsub/hub.h"
#include "edge/admission.h"

namespace hookcast::app {

struct NodeShards::One {
  One(const edge::ShardContext* context, Incarnation incarnation, ShardId id,
      pubsub::InterestTable* interest, pubsub::Watchers* watchers)
      : loop(id),
        hub(incarnation, id, interest, context->metrics, watchers),
        shard(context, &loop, &hub),
        admission(&shard) {}

  ShardLoop loop;
  pubsub::Hub hub;
  edge::Shard shard;
  edge::Admission admission;
};

NodeShards::NodeShards(const edge::ShardContext* context, Incarnation incarnation, size_t count,
                       pubsub::InterestTable* interest, pubsub::Watchers* watchers) {
  for (size_t i = 0; i < count; ++i) {
    shards_.push_back(
        std::make_unique<One>(context, incarnation, static_cast<ShardId>(i), interest, watchers));
  }
}

NodeShards::~NodeShards() = default;

std::vector<pubsub::ShardSet::Shard> NodeShards::handles() const {
  std::vector<pubsub::ShardSet::Shard> handles;
  for (const auto& one : shards_) handles.push_back({&one->loop, &one->hub});
  return handles;
}

edge::Shard& NodeShards::first() { return shards_.front()->shard; }

void NodeShards::Start() {
  for (const auto& one : shards_) one->loop.Start();
}

void NodeShards::Stop() {
  for (const auto& one : shards_) one->loop.Stop();
}

size_t NodeShards::session_count() const {
  size_t count = 0;
  for (const auto& one : shards_) count += one->shard.session_count();
  return count;
}

void NodeShards::Adopt(int fd, std::string remote_address) {
  const auto fewest =
      std::min_element(shards_.begin(), shards_.end(), [](const auto& a, const auto& b) {
        return a->shard.connections().here.load(std::memory_order_relaxed) <
               b->shard.connections().here.load(std::memory_order_relaxed);
      });
  One& chosen = **fewest;
  edge::ConnectionCount& count = chosen.shard.connections();
  count.Add(1);
  if (chosen.loop.InLoop()) {
    return chosen.admission.server().Adopt(edge::Socket(fd, &count), std::move(remote_address));
  }
  chosen.loop.Post([&chosen, socket = edge::Socket(fd, &count),
                    remote_address = std::move(remote_address)]() mutable {
    chosen.admission.server().Adopt(std::move(socket), std::move(remote_address));
  });
}

void NodeShards::CloseAll(edge::LeavePace::Rate rate, const std::shared_ptr<Gate>& gate,
                          const std::function<bool()>& unless) {
  const auto pace = std::make_shared<edge::LeavePace>(rate, Clock::System().Now());
  for (const auto& one : shards_) {
    one->loop.Post([pace, gate, unless, raw = one.get()] {
      if (unless != nullptr && unless()) return;
      raw->shard.CloseAll(
          [gate] {
            if (gate != nullptr) gate->Pass();
          },
          pace);
      raw->admission.RefuseWaiting();
    });
  }
}

void NodeShards::CloseConnections() {
  for (const auto& one : shards_) {
    one->loop.Post([raw = one.get()] { raw->admission.Shutdown(); });
  }
}

void NodeShards::LeaveApplications(std::chrono::milliseconds limit) {
  // Shared: what comes late must find it.
  auto gate = std::make_shared<Gate>(shards_.size());
  for (const auto& one : shards_) {
    one->loop.Post(
        [gate, raw = one.get()] { raw->shard.LeaveApplications([gate] { gate->Pass(); }); });
  }
  gate->Wait(limit);
}

}  // namespace hookcast::app
