#pragma once

#include <boost/intrusive/list.hpp>
#include <cstddef>
#include <functional>
#include <memory>
#include <string>
#include <vector>

#include "absl/status/statusor.h"
#include "broker/base/shard_timers.h"
#include "broker/config/config.h"
#include "broker/hooks/application/application_metrics.h"
#include "broker/hooks/application/breaker.h"
#include "broker/hooks/application/hook_connection.h"
#include "broker/hooks/application/hook_lane.h"
#include "broker/hooks/application/pending_hook.h"
#include "broker/hooks/hook_client.h"
#include "broker/metrics/catalogue.h"

namespace hookcast::hooks {

// The hooks of one application, as one shard sends them: over a lane to each of its addresses,
// never more at once than the route allows, and not at all for a while where it does not answer.
//
// Which lane. A peer's events go where they went before, unless that lane is gone, full, or has an
// eighth more peers than the one with the fewest: so peers spread again when an address is added.
// They move with nothing in flight, as a peer has one event in flight at most.
//
// Room. Events beyond max_in_flight, or beyond the credit of all streams, wait in line; a tenth of
// max_in_flight is kept for upgrade and close, and of the rest they and the others get every second
// place. The line is bounded by the peers, each with one event at most, and by
// kMostWaitingUpgrades. Where nobody can be reached, or the breaker is open, nothing waits: hooks
// fail at once with NeverSent.
//
// Thread: shard-affine. Pure, as HookLane is.
class ApplicationClient final : public HookClient {
 public:
  static constexpr size_t kMostWaitingUpgrades = 4096;

  struct Settings {
    std::string target;  // for the log
    std::string node;    // this node's id
    config::HookMode mode = config::HookMode::kAuto;
    int sessions = 1;
    size_t max_in_flight = 1024;  // this shard's part
    config::Breaker breaker;
  };
  struct Links {
    ShardTimers* timers;
    metrics::Catalogue* metrics;
    ApplicationMetrics* application;
    // Makes a connection to an address, the `which`th: from 0, less than sessions.
    std::function<std::unique_ptr<HookConnection>(const std::string& address, int which)> connect;
    // Asks for OnAddresses soon: none of those that are known can be reached.
    std::function<void()> look_again;
  };

  // All that `links` points at outlives the client.
  ApplicationClient(Settings settings, Links links);
  ~ApplicationClient() override;

  // What the application's name stands for now. New addresses are connected; one that is gone is
  // left once it was missing three times, or cannot be reached. Until the first call hooks wait.
  void OnAddresses(const absl::StatusOr<std::vector<std::string>>& addresses);

  // HookClient.
  void Upgrade(const UpgradeEvent& event, Duration deadline, UpgradeDone done) override;
  void Call(const pubsub::Peer& peer, const PeerEvent& event, Affinity* affinity, Duration deadline,
            HookDone done) override;
  void Leave(absl::AnyInvocable<void()> done) override;

  size_t in_flight() const { return in_flight_; }
  size_t waiting() const { return waiting_; }

 private:
  static constexpr int kMissingAtMost = 3;
  struct Place {
    std::unique_ptr<HookLane> lane;
    int missing = 0;  // times that its address was not among those of the name
  };
  enum class Sent { kYes, kNotNow, kRefused };
  using Line = boost::intrusive::list<PendingHook, boost::intrusive::constant_time_size<false>>;

  PendingHook* Begin(Duration deadline);
  void Submit(PendingHook* hook);
  void AddToLine(PendingHook* hook);
  Line& LineFor(Hook hook);
  Sent TrySend(PendingHook* hook);
  absl::Status WhyNobody() const;
  HookLane* Choose(const PendingHook& hook, bool* hopeful);
  void Pump();
  bool PumpLine(Line* line);
  void LeftLine(bool upgrade);
  void OnDeadline(PendingHook* hook);
  void OnAnswered(PendingHook* hook, HookAnswer answer);
  void Complete(PendingHook* hook, HookAnswer answer);
  void AddLanes(const std::string& address);
  void DropLeftLanes();
  void OnLaneChanged();

  const Settings settings_;
  const Links links_;
  Breaker breaker_;
  bool looked_up_ = false;
  absl::Status resolution_;
  std::vector<std::unique_ptr<PendingHook>> hooks_;  // each knows its place
  Line urgent_;                                      // upgrade and close
  Line ordinary_;
  size_t in_flight_ = 0;
  size_t ordinary_in_flight_ = 0;
  size_t waiting_ = 0;
  size_t waiting_upgrades_ = 0;
  bool urgent_first_ = true;  // whose turn it is
  size_t turn_ = 0;           // where the choice among equals begins
  bool sending_ = false;      // what is submitted meanwhile waits in line
  std::vector<Place> lanes_;
  std::vector<std::unique_ptr<HookLane>> left_;  // their last answers are awaited
  bool ending_ = false;                          // the node is: leave was taken
  absl::AnyInvocable<void()> all_left_;          // told once those in lanes_ know
  Timer drop_timer_ = Timer::For<&ApplicationClient::DropLeftLanes>(this);
};

}  // namespace hookcast::hooks
