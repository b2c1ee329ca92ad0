#pragma once

#include <algorithm>
#include <deque>
#include <functional>
#include <map>
#include <memory>
#include <string>
#include <vector>

#include "broker/base/shard_timers.h"
#include "broker/hooks/application/application_client.h"
#include "tests/fakes/hooks/fake_address.h"
#include "tests/fakes/manual_clock.h"
#include "tests/fakes/recording_peer.h"

namespace hookcast::hooks {

// A peer as its session holds it.
struct TestPeer {
  explicit TestPeer(uint64_t sequence) : peer(PeerId{Incarnation{1}, ShardId{0}, sequence}) {
    peer.mutable_facts().target = "/rooms/a";
  }

  fakes::RecordingPeer peer;
  Affinity affinity;
  uint64_t events = 0;  // its upgrade not counted
};

// How one hook ended.
struct Outcome {
  std::string id;
  int times = 0;  // that `done` was called
  absl::Status status;
  std::function<void()> then;  // called by `done`
};

// A client of an application whose addresses do what a test says, in time that a test moves.
class ClientUnderTest {
 public:
  explicit ClientUnderTest(ApplicationClient::Settings settings = {});
  // With every address that is named open by a stream.
  ClientUnderTest(ApplicationClient::Settings settings, const std::vector<std::string>& names);

  void Resolve(const std::vector<std::string>& names) { client->OnAddresses(names); }
  // The last stream of the address. REQUIRES: it has one.
  fakes::FakeSession& Stream(const std::string& name) { return addresses[name].last(); }

  void Advance(Duration by);
  // The same, while every stream that is open answers its pings.
  void AdvanceAlive(Duration by);

  TestPeer* NewPeer();
  Outcome* Upgrade(TestPeer* peer, Duration deadline = std::chrono::seconds(5));
  Outcome* Send(TestPeer* peer, PeerEvent event, Duration deadline = std::chrono::seconds(5));
  // The peer's next event.
  Outcome* Message(TestPeer* peer, size_t bytes = 1, Duration deadline = std::chrono::seconds(5));
  Outcome* Close(TestPeer* peer);

  fakes::ManualClock clock;
  ShardTimers timers{nullptr, &clock};
  metrics::Catalogue metrics;
  ApplicationMetrics levels{metrics.application_in_flight.At("app"),
                            metrics.application_waiting.At("app"),
                            metrics.application_breaker_open.At("app")};
  std::map<std::string, fakes::FakeAddress> addresses;
  std::deque<TestPeer> peers;
  std::deque<Outcome> outcomes;
  int looked_again = 0;
  std::unique_ptr<ApplicationClient> client;
};

}  // namespace hookcast::hooks
