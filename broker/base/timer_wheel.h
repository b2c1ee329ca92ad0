#pragma once

#include <cstdint>
#include <memory>
#include <optional>

#include "broker/base/clock.h"

namespace hookcast {

class TimerWheel;

// One deadline of one owner, part of it. Unlinks itself at its end, so an owner may go at any time.
class Timer {
 public:
  // When due, calls (owner->*Method)().
  template <auto Method, typename Owner>
  static Timer For(Owner* owner) {
    return Timer(owner, [](void* o) { (static_cast<Owner*>(o)->*Method)(); });
  }
  Timer(const Timer&) = delete;
  Timer& operator=(const Timer&) = delete;
  ~Timer() { Cancel(); }

  bool scheduled() const { return next_ != nullptr; }
  void Cancel();

 private:
  friend class TimerWheel;
  Timer() = default;
  Timer(void* owner, void (*fire)(void*)) : owner_(owner), fire_(fire) {}
  void LinkBefore(Timer* head);

  Timer* next_ = nullptr;
  Timer* previous_ = nullptr;
  uint64_t due_tick_ = 0;
  void* owner_ = nullptr;
  void (*fire_)(void*) = nullptr;
};

// All deadlines of one shard, in steps of 50 ms: a timer fires at its time or up to two steps
// later, never before. Scheduling and cancelling cost the same however many there are, and a wheel
// that is empty needs no wake-up.
//
// Thread: shard-affine. Knows no clock: its owner calls Advance at NextDue.
class TimerWheel {
 public:
  static constexpr Duration kStep = std::chrono::milliseconds(50);

  explicit TimerWheel(TimePoint start);
  TimerWheel(const TimerWheel&) = delete;
  TimerWheel& operator=(const TimerWheel&) = delete;
  ~TimerWheel();

  // Replaces an earlier schedule of the same timer.
  void Schedule(Timer* timer, TimePoint due);

  // Fires what is due: in steps' order, unless more than one turn of the wheel has passed since the
  // last call. A timer may schedule or cancel any timer, itself included, and end its owner.
  void Advance(TimePoint now);

  // When Advance has something to look at; nullopt while nothing is scheduled. May be earlier than
  // the first timer, by no more than one turn of the wheel.
  std::optional<TimePoint> NextDue() const;

 private:
  static constexpr size_t kSlots = 1024;  // one turn is 51.2 s

  uint64_t TickAtOrAfter(TimePoint time) const;

  const TimePoint start_;
  uint64_t tick_ = 0;               // the last one that was advanced to
  std::unique_ptr<Timer[]> slots_;  // the heads of circular lists
};

}  // namespace hookcast
