#pragma once

#include <cstddef>
#include <cstdint>
#include <optional>
#include <vector>

#include "absl/container/flat_hash_map.h"
#include "broker/base/clock.h"
#include "broker/base/ids.h"
#include "broker/base/mutex.h"
#include "broker/base/seldom.h"
#include "broker/cluster/announcement.h"
#include "broker/cluster/node_record.h"
#include "broker/metrics/catalogue.h"

namespace hookcast::cluster {

// Which other nodes are alive, by what they announced. A node that said that it leaves is gone at
// once, one that fell silent after kDeadAfter, unless it answers a call: then it cannot announce
// itself, and its peers are there all the same. Gone is also one whose control address a later
// incarnation tells kSettles after that was heard: if it still speaks then it did not end, and two
// nodes tell the same address.
//
// This node's own announcements come back to it by the same way. While they do not, it is this
// node that hears nothing: time stands still for the others, and once it hears itself again they
// have kDeadAfter anew to be heard.
//
// Thread: any.
class NodeDirectory {
 public:
  static constexpr Duration kDeadAfter = std::chrono::seconds(10);
  // A node that has not heard itself for so long does not hear the others either. Two of its beats,
  // and with one more still less than kDeadAfter.
  static constexpr Duration kDeaf = std::chrono::seconds(6);
  // Of one that is silent for longer an announcement was missed: it is to be asked.
  static constexpr Duration kSilent = std::chrono::seconds(4);
  // From a node's first announcement until all have answered it.
  static constexpr Duration kSettles = std::chrono::milliseconds(500);
  static constexpr size_t kMost = 1024;

  // `alone`: there are no other nodes, and never will be. Clock and metrics outlive it.
  NodeDirectory(Incarnation self, bool alone, const Clock* clock, metrics::Catalogue* metrics);

  enum class Heard : uint8_t {
    kOwn,      // this node's own
    kKnown,    // of one that was known
    kNew,      // of one that was not
    kGone,     // the last of one
    kIgnored,  // of one that there is no room for
  };
  Heard Hear(const Announcement& announcement);

  // The node, which is silent, answered a call.
  void Answered(Incarnation incarnation);
  // Those that are silent. None while this node does not hear itself: they may all speak.
  std::vector<NodeRecord> Silent() const;
  // Forgets those that are gone, and logs it.
  void Sweep();

  // Announcements may have been lost on their way here: this node has to hear itself, and with it
  // the others, anew.
  void MayHaveMissed();

  // Those that are alive, this one left out, by incarnation.
  std::vector<NodeRecord> Others() const;
  // About how many of them there are.
  size_t known() const;
  // Null where it is not alive, not known, or this one.
  std::optional<NodeRecord> Find(Incarnation incarnation) const;

  // Whether those that Find does not know are gone. False for a moment after the start, and while
  // this node does not hear itself: they may be alive then.
  bool settled() const;
  // Whether this node hears itself now.
  bool hears_itself() const;

 private:
  struct Entry {
    NodeRecord node;
    TimePoint heard;
  };

  // The time by which others are judged.
  TimePoint Reference() const HOOKCAST_REQUIRES(mutex_);
  bool IsAlive(const Entry& entry) const HOOKCAST_REQUIRES(mutex_);
  bool HearsItself() const HOOKCAST_REQUIRES(mutex_);
  void HearOwn(const Announcement& own) HOOKCAST_REQUIRES(mutex_);
  // Of a node that is heard for the first time: who had its address before may be gone.
  void TakeAddress(const NodeRecord& node) HOOKCAST_REQUIRES(mutex_);
  void WarnOfAddress(const NodeRecord& one, const NodeRecord& other) HOOKCAST_REQUIRES(mutex_);
  bool MakeSpace() HOOKCAST_REQUIRES(mutex_);

  const Incarnation self_;
  const bool alone_;
  const Clock* const clock_;
  metrics::Catalogue* const metrics_;
  mutable Mutex mutex_;
  absl::flat_hash_map<uint64_t, Entry> nodes_ HOOKCAST_GUARDED_BY(mutex_);
  std::optional<NodeRecord> own_ HOOKCAST_GUARDED_BY(mutex_);  // as it was last heard
  TimePoint own_first_heard_ HOOKCAST_GUARDED_BY(mutex_);      // since it could not for a while
  bool may_have_missed_ HOOKCAST_GUARDED_BY(mutex_) = false;   // since it last heard itself
  TimePoint own_heard_ HOOKCAST_GUARDED_BY(mutex_);
  Seldom same_address_ HOOKCAST_GUARDED_BY(mutex_){std::chrono::minutes(1)};
};

}  // namespace hookcast::cluster
