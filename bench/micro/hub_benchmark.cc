#include "broker/pubsub/hub.h"

#include <benchmark/benchmark.h>

#include <deque>
#include <string>

#include "bench/micro/counting_peer.h"
#include "broker/backplane/memory/memory_backplane.h"

namespace hookcast::bench {
namespace {

constexpr Incarnation kNode{1};

// One message of 128 bytes to all subscribers of a topic. The argument is their number.
template <typename SomePeer>
void HubDeliver(benchmark::State& state) {
  backplane::MemoryBackplane backplane;
  pubsub::InterestTable interest(&backplane);
  metrics::Catalogue metrics;
  pubsub::Hub hub(kNode, ShardId{0}, &interest, &metrics);
  std::deque<SomePeer> peers;
  for (int64_t i = 0; i < state.range(0); ++i) {
    SomePeer& peer = peers.emplace_back(hub.NextPeerId());
    hub.Add(&peer, "bench");
    if (!hub.Subscribe(&peer, "bench").ok()) state.SkipWithError("not subscribed");
  }
  const Bytes payload = Bytes::Copy(std::string(128, 'x'));
  for (auto _ : state) {
    pubsub::Message message;
    message.ns = "bench";
    message.topic = "bench";
    message.data.payload = payload;
    benchmark::DoNotOptimize(hub.Deliver(message));
  }
  state.SetItemsProcessed(state.iterations() * state.range(0));
  for (SomePeer& peer : peers) hub.Remove(&peer);
}

// Add, one subscription, Remove: what a connection costs the hub, beside that many others.
void HubPeerComesAndGoes(benchmark::State& state) {
  backplane::MemoryBackplane backplane;
  pubsub::InterestTable interest(&backplane);
  metrics::Catalogue metrics;
  pubsub::Hub hub(kNode, ShardId{0}, &interest, &metrics);
  std::deque<CountingPeer> others;
  for (int64_t i = 0; i < state.range(0); ++i) {
    CountingPeer& peer = others.emplace_back(hub.NextPeerId());
    hub.Add(&peer, "bench");
    if (!hub.Subscribe(&peer, "bench").ok()) state.SkipWithError("not subscribed");
  }
  for (auto _ : state) {
    CountingPeer peer(hub.NextPeerId());
    hub.Add(&peer, "bench");
    if (!hub.Subscribe(&peer, "bench").ok()) state.SkipWithError("not subscribed");
    hub.Remove(&peer);
  }
  state.SetItemsProcessed(state.iterations());
  for (CountingPeer& peer : others) hub.Remove(&peer);
}

BENCHMARK(HubDeliver<CountingPeer>)->Arg(1)->Arg(1000)->Arg(10000);
BENCHMARK(HubDeliver<SharingPeer>)->Arg(1)->Arg(1000)->Arg(10000);
BENCHMARK(HubPeerComesAndGoes)->Arg(0)->Arg(1000)->Arg(10000);

}  // namespace
}  // namespace hookcast::bench
