#include "broker/hooks/application/breaker.h"

namespace hookcast::hooks {

bool Breaker::Allow(TimePoint now) {
  if (!open_) return true;
  if (attempting_ || now < closed_again_at_) return false;
  attempting_ = true;
  return true;
}

void Breaker::OnAnswer() {
  failures_ = 0;
  open_ = false;
  attempting_ = false;
}

// What was sent before it opened still fails later: that prolongs nothing.
bool Breaker::OnNoAnswer(TimePoint now) {
  if (most_failures_ == 0) return false;
  if (open_) {
    if (!attempting_) return false;
    attempting_ = false;
    closed_again_at_ = now + pause_;
    return false;
  }
  if (++failures_ < most_failures_) return false;
  open_ = true;
  attempting_ = false;
  closed_again_at_ = now + pause_;
  return true;
}

}  // namespace hookcast::hooks
