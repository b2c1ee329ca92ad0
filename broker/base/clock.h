#pragma once

#include <chrono>
#include <memory>

namespace hookcast {

using TimePoint = std::chrono::steady_clock::time_point;
using Duration = std::chrono::steady_clock::duration;

// Where time comes from; tests put a manual one in its place.
//
// Thread: any.
class Clock {
 public:
  virtual ~Clock() = default;
  // Never goes back.
  virtual TimePoint Now() const = 0;
  // For people and records; may jump.
  virtual std::chrono::system_clock::time_point WallNow() const = 0;

  // The system's clocks.
  static const Clock& System();
};

}  // namespace hookcast
