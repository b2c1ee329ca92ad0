#pragma once

#include <algorithm>

#include "absl/time/time.h"

namespace hookcast::cli {

// Spreads things evenly over time: so many a second. What was missed while something else took its
// time is caught up with for a tenth of a second at most, and never in a burst of more.
//
// Thread: any one thread. Times are those of one clock that only moves on.
class Pacer {
 public:
  // 0: no limit. REQUIRES: not negative.
  explicit Pacer(double rate)
      : interval_(rate > 0 ? absl::Seconds(1) / rate : absl::ZeroDuration()) {}

  // How long until the next may be; nothing: at once.
  absl::Duration Wait(absl::Duration now) const {
    return std::max(absl::ZeroDuration(), next_ - now);
  }
  // One more was.
  void Spend(absl::Duration now) {
    if (interval_ == absl::ZeroDuration()) return;
    const bool first = next_ == -absl::InfiniteDuration();
    next_ = (first ? now : std::max(next_, now - kMostBehind)) + interval_;
  }

 private:
  static constexpr absl::Duration kMostBehind = absl::Milliseconds(100);

  const absl::Duration interval_;
  absl::Duration next_ = -absl::InfiniteDuration();
};

}  // namespace hookcast::cli
