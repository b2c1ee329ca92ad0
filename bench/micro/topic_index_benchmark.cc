#include "broker/pubsub/topic_index.h"

#include <benchmark/benchmark.h>

#include <deque>
#include <string>

#include "bench/micro/counting_peer.h"

namespace hookcast::bench {
namespace {

// One peer among many leaves a topic and comes back. The argument is the topic's subscribers.
void TopicIndexSubscribeAndUnsubscribe(benchmark::State& state) {
  pubsub::TopicIndex index;
  std::deque<CountingPeer> peers;
  for (int64_t i = 0; i < state.range(0); ++i) {
    CountingPeer& peer = peers.emplace_back(PeerId{{1}, {}, static_cast<uint64_t>(i)});
    index.Join(&peer, "bench");
    index.Subscribe(&peer, "bench");
  }
  size_t next = 0;
  for (auto _ : state) {
    CountingPeer& peer = peers[next];
    next = (next + 7919) % peers.size();
    index.Unsubscribe(&peer, "bench");
    index.Subscribe(&peer, "bench");
  }
  state.SetItemsProcessed(state.iterations());
  for (CountingPeer& peer : peers) index.Leave(&peer);
}

// A peer that holds many topics, the argument, leaves its first one and comes back.
void TopicIndexOfAPeerWithManyTopics(benchmark::State& state) {
  pubsub::TopicIndex index;
  CountingPeer peer(PeerId{{1}, {}, 1});
  index.Join(&peer, "bench");
  for (int64_t i = 0; i < state.range(0); ++i) index.Subscribe(&peer, "topic" + std::to_string(i));
  int64_t next = 0;
  for (auto _ : state) {
    const std::string topic = "topic" + std::to_string(next);
    next = (next + 1) % state.range(0);
    index.Unsubscribe(&peer, topic);
    index.Subscribe(&peer, topic);
  }
  state.SetItemsProcessed(state.iterations());
  index.Leave(&peer);
}

BENCHMARK(TopicIndexSubscribeAndUnsubscribe)->Arg(1)->Arg(2)->Arg(1000)->Arg(10000);
BENCHMARK(TopicIndexOfAPeerWithManyTopics)->Arg(1)->Arg(16)->Arg(128);

}  // namespace
}  // namespace hookcast::bench
