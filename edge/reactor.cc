#include "edge/reactor.h"

#include <boost/asio/post.hpp>
#include <utility>

namespace hookcast::edge {

Reactor::Reactor(ShardLoop* loop)
    : loop_(loop),
      poller_(loop->context()),
      wheel_(Clock::System().Now()),
      wake_up_(loop->context()),
      read_buffer_(new char[kReadBufferBytes]) {}

void Reactor::Schedule(Timer* timer, Duration after) {
  const TimePoint due = Now() + after;
  wheel_.Schedule(timer, due);
  // Looking for the next step costs a walk over the wheel; mostly the loop wakes up earlier anyway.
  if (!advancing_ && due < armed_for_) Arm();
}

// One timer of the loop stands for the whole wheel, and only while something is on it.
void Reactor::Arm() {
  const std::optional<TimePoint> due = wheel_.NextDue();
  if (!due || *due >= armed_for_) return;
  armed_for_ = *due;
  wake_up_.expires_at(*due);
  wake_up_.async_wait([this](const boost::system::error_code& error) {
    if (error) return;  // replaced by an earlier one, or the reactor is going away
    armed_for_ = TimePoint::max();
    advancing_ = true;
    wheel_.Advance(Now());
    advancing_ = false;
    Arm();
  });
}

void Reactor::FlushLater(Flushable* item) {
  if (item->listed_at_ != Flushable::kNotListed) return;
  item->listed_at_ = to_flush_.size();
  to_flush_.push_back(item);
  if (std::exchange(flush_posted_, true)) return;
  boost::asio::post(loop_->context(), [this] { Flush(); });
}

void Reactor::Forget(Flushable* item) {
  if (item->listed_at_ == Flushable::kNotListed) return;
  to_flush_[item->listed_at_] = nullptr;
  item->listed_at_ = Flushable::kNotListed;
}

// Items that are listed while this runs are flushed by it too.
void Reactor::Flush() {
  for (size_t i = 0; i < to_flush_.size(); ++i) {
    Flushable* const item = to_flush_[i];
    if (item == nullptr) continue;
    item->listed_at_ = Flushable::kNotListed;
    to_flush_[i] = nullptr;
    item->Flush();
  }
  to_flush_.clear();
  joined_frames_.Clear();
  flush_posted_ = false;
}

void Reactor::DisposeLater(std::shared_ptr<void> object) {
  disposed_.push_back(std::move(object));
  if (disposed_.size() > 1) return;
  boost::asio::post(loop_->context(), [this] {
    // Destructors may dispose of more, which is then for the next turn.
    const auto disposed = std::exchange(disposed_, {});
  });
}

}  // namespace hookcast::edge
