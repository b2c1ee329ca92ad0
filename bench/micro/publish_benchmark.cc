#include <benchmark/benchmark.h>

#include <string>

#include "bench/micro/counting_peer.h"
#include "broker/backplane/memory/memory_backplane.h"
#include "broker/base/shard_loop.h"
#include "broker/pubsub/hub.h"
#include "broker/pubsub/publisher.h"
#include "broker/pubsub/shard_set.h"

namespace hookcast::bench {
namespace {

constexpr Incarnation kNode{1};

// The whole way of a message from the publisher to one peer of the same shard: what a publish costs
// before the first delivery.
void PublishToOnePeerOfTheSameShard(benchmark::State& state) {
  backplane::MemoryBackplane backplane;
  pubsub::InterestTable interest(&backplane);
  metrics::Catalogue metrics;
  pubsub::Hub hub(kNode, ShardId{0}, &interest, &metrics);
  ShardLoop loop(ShardId{0});
  pubsub::ShardSet shards({{&loop, &hub}}, &interest);
  pubsub::Publisher publisher(kNode, &backplane, &metrics);
  backplane.Start(&shards, nullptr);
  CountingPeer peer(hub.NextPeerId());
  hub.Add(&peer, "bench");
  if (!hub.Subscribe(&peer, "bench").ok()) state.SkipWithError("not subscribed");
  const Bytes payload = Bytes::Copy(std::string(128, 'x'));

  loop.Post([&] {
    for (auto _ : state) {
      publisher.Publish({.ns = "bench", .topic = "bench", .data = {.payload = payload}},
                        [](const pubsub::Published&) {});
    }
  });
  loop.Poll();
  state.SetItemsProcessed(state.iterations());
  hub.Remove(&peer);
  backplane.Stop();
}

// A task from another thread's point of view: into the loop's queue and out of it.
void PostAndRun(benchmark::State& state) {
  ShardLoop loop(ShardId{0});
  uint64_t ran = 0;
  for (auto _ : state) {
    for (int i = 0; i < 64; ++i) loop.Post([&ran] { ++ran; });
    loop.Poll();
  }
  benchmark::DoNotOptimize(ran);
  state.SetItemsProcessed(state.iterations() * 64);
}

BENCHMARK(PublishToOnePeerOfTheSameShard);
BENCHMARK(PostAndRun);

}  // namespace
}  // namespace hookcast::bench
