#pragma once

#include "broker/base/clock.h"

namespace hookcast::hooks {

// Leaves an application alone for a while once it has given no answer so many times in a row; then
// one attempt decides whether it is asked again.
//
// Thread: shard-affine. Pure.
class Breaker {
 public:
  // 0 failures: never open.
  Breaker(int failures, Duration pause) : most_failures_(failures), pause_(pause) {}

  // Whether a hook may be sent now. Where it is open and the pause is over, the one that is told so
  // first is the attempt.
  bool Allow(TimePoint now);

  // How a hook that was sent ended; `attempt`: it was the attempt. What was sent before the breaker
  // opened still fails later: that neither prolongs the pause nor ends the attempt.
  void OnAnswer();
  // True where this opened it.
  bool OnNoAnswer(TimePoint now, bool attempt);
  // Without a verdict on the application.
  void OnAbandoned(bool attempt);

  bool open() const { return open_; }

 private:
  const int most_failures_;
  const Duration pause_;
  int failures_ = 0;
  bool open_ = false;
  bool attempting_ = false;
  TimePoint closed_again_at_;
};

}  // namespace hookcast::hooks
