#pragma once

#include <array>
#include <atomic>
#include <cstddef>
#include <cstdint>
#include <functional>
#include <list>
#include <string>
#include <string_view>

#include "absl/container/flat_hash_map.h"
#include "broker/base/clock.h"
#include "broker/base/mutex.h"
#include "broker/base/string_map.h"

namespace hookcast::backplane {

// Which epoch a namespace without a stream is in, and so the one that its next stream has; and
// which namespaces are wanted, or were lately.
//
// A namespace that nobody wants costs nothing: it shares a slot, by its name's hash, whose epoch is
// the time in milliseconds when this was made, and moves on when a stream of that slot ends. While
// it is wanted, and for a while afterwards, its own epoch stays, whatever ends in its slot.
//
// A namespace's epochs only grow, and none of a stream that ended is given to it again. Nor is it
// by a node that starts later, unless the wall clock was set back: an epoch is no later than the
// clock, as streams of one slot do not begin and end more than once a millisecond.
//
// Thread: any. Its lock is a leaf: taken under those of MemoryHistory and InterestTable, and
// nothing is taken under it.
class NamespaceEpochs {
 public:
  // What is remembered of namespaces that are not wanted any more takes at most most_bytes_left;
  // beyond, those that were left first go first. The clock outlives this.
  NamespaceEpochs(const Clock* clock, size_t most_bytes_left);
  NamespaceEpochs(const NamespaceEpochs&) = delete;
  NamespaceEpochs& operator=(const NamespaceEpochs&) = delete;

  uint64_t Of(std::string_view ns) const;
  // The namespace's stream, of this epoch, is no more.
  void End(std::string_view ns, uint64_t epoch);

  void Want(std::string_view ns);
  // It is remembered as long as `kept`. No effect where it is not wanted.
  void Unwant(std::string_view ns, Duration kept);
  // Whether it is wanted now, or was less than `lately` ago and that is remembered.
  bool Wanted(std::string_view ns, Duration lately) const;

  size_t bytes_left() const { return bytes_left_.load(std::memory_order_relaxed); }

 private:
  static constexpr size_t kSlots = 1024;

  struct Pin {
    std::string ns;
    uint64_t epoch = 0;
    bool wanted = true;
    TimePoint left_at{};
    Duration kept{0};
  };
  using Pins = std::list<Pin>;

  static size_t CostOf(const Pin& pin);
  static size_t SlotOf(std::string_view ns) { return StringHash{}(ns) % kSlots; }
  uint64_t NowMs() const;
  uint64_t EpochOf(std::string_view ns) const HOOKCAST_REQUIRES(mutex_);
  // Lets go of what was left too long ago, or is too much.
  void Forget() HOOKCAST_REQUIRES(mutex_);

  const Clock* const clock_;
  const size_t most_bytes_left_;
  mutable Mutex mutex_;
  std::array<uint64_t, kSlots> slots_ HOOKCAST_GUARDED_BY(mutex_);
  Pins wanted_ HOOKCAST_GUARDED_BY(mutex_);
  Pins left_ HOOKCAST_GUARDED_BY(mutex_);  // in the order in which they were left
  // By the names that the pins hold, which stay where they are.
  absl::flat_hash_map<std::string_view, Pins::iterator, StringHash, std::equal_to<>> by_name_
      HOOKCAST_GUARDED_BY(mutex_);
  std::atomic<size_t> bytes_left_{0};
};

}  // namespace hookcast::backplane
