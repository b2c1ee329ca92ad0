#include "broker/base/shard_timers.h"

namespace hookcast {

ShardTimers::ShardTimers(ShardLoop* loop, const Clock* clock)
    : clock_(clock), wheel_(clock->Now()) {
  if (loop != nullptr) wake_up_.emplace(loop->context());
}

void ShardTimers::Schedule(Timer* timer, Duration after) {
  const TimePoint due = Now() + after;
  wheel_.Schedule(timer, due);
  // Looking for the next step costs a walk over the wheel; mostly the loop wakes up earlier anyway.
  if (!advancing_ && due < armed_for_) Arm();
}

void ShardTimers::Advance() {
  advancing_ = true;
  wheel_.Advance(Now());
  advancing_ = false;
}

void ShardTimers::Arm() {
  if (!wake_up_) return;
  const std::optional<TimePoint> due = wheel_.NextDue();
  if (!due || *due >= armed_for_) return;
  armed_for_ = *due;
  wake_up_->expires_at(*due);
  wake_up_->async_wait([this](const boost::system::error_code& error) {
    if (error) return;  // replaced by an earlier one, or the timers are going away
    armed_for_ = TimePoint::max();
    Advance();
    Arm();
  });
}

}  // namespace hookcast
