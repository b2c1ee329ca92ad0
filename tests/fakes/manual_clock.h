#pragma once

#include <atomic>
#include <chrono>

#include "broker/base/clock.h"

namespace hookcast::fakes {

// Time that stands still until a test moves it. Both clocks start away from their epochs, so that
// a time point nobody set is seen to be wrong.
//
// Thread: any.
class ManualClock final : public Clock {
 public:
  TimePoint Now() const override { return TimePoint(Duration(now_.load())); }
  std::chrono::system_clock::time_point WallNow() const override {
    return std::chrono::system_clock::time_point(WallDuration(wall_.load()));
  }

  // Moves both clocks. REQUIRES: by is not negative.
  void Advance(Duration by) {
    now_ += by.count();
    wall_ += std::chrono::duration_cast<WallDuration>(by).count();
  }
  // Moves the wall clock alone, forwards or back, as when somebody sets it.
  void JumpWall(std::chrono::system_clock::duration by) { wall_ += by.count(); }

 private:
  using WallDuration = std::chrono::system_clock::duration;

  std::atomic<Duration::rep> now_{Duration(std::chrono::hours(1)).count()};
  std::atomic<WallDuration::rep> wall_{WallDuration(std::chrono::seconds(1'700'000'000)).count()};
};

}  // namespace hookcast::fakes
