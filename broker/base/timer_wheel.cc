#include "broker/base/timer_wheel.h"

#include <algorithm>

namespace hookcast {

void Timer::Cancel() {
  if (next_ == nullptr) return;
  next_->previous_ = previous_;
  previous_->next_ = next_;
  next_ = previous_ = nullptr;
}

void Timer::LinkBefore(Timer* head) {
  next_ = head;
  previous_ = head->previous_;
  previous_->next_ = this;
  head->previous_ = this;
}

TimerWheel::TimerWheel(TimePoint start) : start_(start), slots_(new Timer[kSlots]) {
  for (size_t i = 0; i < kSlots; ++i) slots_[i].next_ = slots_[i].previous_ = &slots_[i];
}

TimerWheel::~TimerWheel() {
  for (size_t i = 0; i < kSlots; ++i) {
    while (slots_[i].next_ != &slots_[i]) slots_[i].next_->Cancel();
  }
}

uint64_t TimerWheel::TickAtOrAfter(TimePoint time) const {
  if (time <= start_) return 0;
  return static_cast<uint64_t>((time - start_ + kStep - Duration(1)) / kStep);
}

void TimerWheel::Schedule(Timer* timer, TimePoint due) {
  timer->Cancel();
  timer->due_tick_ = std::max(TickAtOrAfter(due), tick_ + 1);
  timer->LinkBefore(&slots_[timer->due_tick_ % kSlots]);
}

void TimerWheel::Advance(TimePoint now) {
  if (now < start_) return;
  const auto target = static_cast<uint64_t>((now - start_) / kStep);
  // After a long pause one turn over all slots sees every timer that is due.
  if (target > tick_ + kSlots) tick_ = target - kSlots;
  while (tick_ < target) {
    ++tick_;
    Timer& head = slots_[tick_ % kSlots];
    // Due timers move to a list of their own first: firing one may change any other.
    Timer due;
    due.next_ = due.previous_ = &due;
    for (Timer* timer = head.next_; timer != &head;) {
      Timer* const next = timer->next_;
      if (timer->due_tick_ <= tick_) {
        timer->Cancel();
        timer->LinkBefore(&due);
      }
      timer = next;
    }
    while (due.next_ != &due) {
      Timer* const timer = due.next_;
      timer->Cancel();
      timer->fire_(timer->owner_);
    }
    due.next_ = due.previous_ = nullptr;
  }
}

std::optional<TimePoint> TimerWheel::NextDue() const {
  for (uint64_t tick = tick_ + 1; tick <= tick_ + kSlots; ++tick) {
    const Timer& head = slots_[tick % kSlots];
    if (head.next_ != &head) return start_ + kStep * static_cast<int64_t>(tick);
  }
  return std::nullopt;
}

}  // namespace hookcast
