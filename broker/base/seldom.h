#pragma once

#include "broker/base/clock.h"

namespace hookcast {

// Lets something pass at most once in `every`: a line in the log for what may come fast and often.
//
// Thread: one at a time.
class Seldom {
 public:
  explicit Seldom(Duration every) : every_(every) {}

  // Whether it may pass now. The first does; what does not pass delays nothing.
  bool Pass(TimePoint now) {
    if (now < next_) return false;
    next_ = now + every_;
    return true;
  }

 private:
  Duration every_;
  TimePoint next_ = TimePoint::min();
};

}  // namespace hookcast
