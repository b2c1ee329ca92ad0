#pragma once

#include <atomic>
#include <cstddef>
#include <memory>

#include "broker/base/clock.h"

namespace hookcast::edge {

// When the peers of a node are told to leave: one after the other, evenly over a time, the first at
// once and the last at its end, however they are spread over the node's shards. Who leaves unasked
// meanwhile makes a pause, and nobody's turn comes earlier.
//
// Shared by the parts of all shards. Thread: any.
class LeavePace {
 public:
  // Evenly over this time, or sooner where that would be fewer a second than `least`. Without a
  // time all at once.
  struct Rate {
    Duration over{};
    double least = 0;
  };

  LeavePace(Rate rate, TimePoint begun) : rate_(rate), begun_(begun) {}
  LeavePace(const LeavePace&) = delete;
  LeavePace& operator=(const LeavePace&) = delete;

  // One shard's peers. Of those that are due it tells no more than its share, rounded up, so that
  // the work is spread as the peers are.
  //
  // Thread: the shard's.
  class Part {
   public:
    // So many of its peers are to leave.
    Part(std::shared_ptr<LeavePace> pace, size_t peers);
    // Whether one more is to be told now; it is counted as told then. `left` are there still, and
    // were not told. REQUIRES: left > 0.
    bool TakeTurn(size_t left, TimePoint now);

   private:
    std::shared_ptr<LeavePace> pace_;
    size_t peers_;
    size_t left_;
  };

 private:
  // How much of the time is over: from 0 to 1, and 1 where there is none.
  double Passed(TimePoint now) const;

  const Rate rate_;
  const TimePoint begun_;
  std::atomic<size_t> peers_{0};  // of all parts
  std::atomic<size_t> left_{0};   // of these, those that were not told and did not leave
};

}  // namespace hookcast::edge
