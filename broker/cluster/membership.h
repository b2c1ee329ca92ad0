#pragma once

#include <cstdint>
#include <functional>
#include <random>
#include <string>
#include <string_view>

#include "broker/base/clock.h"
#include "broker/base/mutex.h"
#include "broker/base/seldom.h"
#include "broker/cluster/announcement.h"
#include "broker/cluster/node_directory.h"
#include "broker/metrics/catalogue.h"

namespace hookcast::cluster {

// This node's part in the cluster: announces it every kBeat, at once where something changed, and
// to whoever says hello; and tells the directory what others announce. Says hello itself until it
// has heard itself, and again once it could not for a while.
//
// Knows no timer: its owner calls Beat when it asks to be called.
//
// Thread: any; Beat and Leave one at a time.
class Membership {
 public:
  static constexpr Duration kBeat = std::chrono::seconds(3);
  // While it has not heard itself yet: what it announces may be lost. Twice as long after each, up
  // to kBeat.
  static constexpr Duration kFirstBeat = std::chrono::milliseconds(200);
  // Those that answer a hello do so within a time that grows with their number, and none more than
  // once in it, however many hellos come: where all start again at once, each is heard by all.
  static constexpr Duration kSpreadOfEach = std::chrono::milliseconds(1);
  static constexpr Duration kLeastSpread = std::chrono::milliseconds(20);
  static constexpr Duration kMostSpread = std::chrono::milliseconds(200);
  static_assert(2 * kMostSpread <= NodeDirectory::kSettles);
  static_assert(NodeDirectory::kDeaf >= 2 * kBeat &&
                NodeDirectory::kDeaf + kBeat < NodeDirectory::kDeadAfter);
  // Who is silent is asked while this node beats, before it counts as gone.
  static_assert(NodeDirectory::kSilent > kBeat &&
                NodeDirectory::kSilent + kBeat < NodeDirectory::kDeadAfter);

  struct Seams {
    std::function<NodeRecord()> describe;       // this node, as it is now; never blocks
    std::function<void(std::string)> announce;  // to all nodes, this one included; never blocks
    std::function<void()> wake;                 // Beat wants to be called sooner than it said
  };

  // Directory, clock and metrics outlive it.
  Membership(Seams seams, NodeDirectory* directory, const Clock* clock,
             metrics::Catalogue* metrics);

  // What somebody announced, as the backplane brings it; empty where some may have been missed.
  void OnAnnouncement(std::string_view bytes);
  // The node is ready, or drains, or is not and does not any more.
  void Changed();

  // Announces where that is due, and returns how long until it wants to be called again.
  Duration Beat();
  // Tells the others that this node is gone. Beat announces nothing afterwards.
  void Leave();

 private:
  // What is due then at the latest, and not less than `pause` after the last announcement.
  void Sooner(Duration after, Duration pause);
  Duration Spread() const;

  const Seams seams_;
  NodeDirectory* const directory_;
  const Clock* const clock_;
  metrics::Catalogue* const metrics_;
  Mutex mutex_;
  std::minstd_rand random_ HOOKCAST_GUARDED_BY(mutex_){std::random_device{}()};
  TimePoint next_ HOOKCAST_GUARDED_BY(mutex_);  // Beat announces then
  TimePoint last_ HOOKCAST_GUARDED_BY(mutex_);
  Duration hello_pause_ HOOKCAST_GUARDED_BY(mutex_) = kFirstBeat;  // after the next hello
  Seldom unreadable_ HOOKCAST_GUARDED_BY(mutex_){std::chrono::minutes(1)};
  bool left_ HOOKCAST_GUARDED_BY(mutex_) = false;
};

}  // namespace hookcast::cluster
