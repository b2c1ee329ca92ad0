#pragma once

#include <boost/asio/steady_timer.hpp>
#include <optional>

#include "broker/base/clock.h"
#include "broker/base/shard_loop.h"
#include "broker/base/timer_wheel.h"

namespace hookcast {

// The deadlines of one shard: a wheel, and the one timer of its loop that stands for all of them.
// While nothing is scheduled, nothing wakes up.
//
// Thread: the loop's, once it runs.
class ShardTimers {
 public:
  // The loop and the clock outlive this. Without a loop its owner calls Advance: for tests that set
  // the time by hand.
  explicit ShardTimers(ShardLoop* loop, const Clock* clock = &Clock::System());
  ShardTimers(const ShardTimers&) = delete;
  ShardTimers& operator=(const ShardTimers&) = delete;

  TimePoint Now() const { return clock_->Now(); }

  // Fires the timer `after` from now, and no earlier; an earlier schedule of it is replaced.
  void Schedule(Timer* timer, Duration after);

  // Fires what is due.
  void Advance();

 private:
  void Arm();

  const Clock* const clock_;
  TimerWheel wheel_;
  std::optional<boost::asio::steady_timer> wake_up_;
  TimePoint armed_for_ = TimePoint::max();
  bool advancing_ = false;
};

}  // namespace hookcast
