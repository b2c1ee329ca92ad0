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

bool Breaker::OnNoAnswer(TimePoint now, bool attempt) {
  if (most_failures_ == 0) return false;
  if (open_) {
    if (!attempt) return false;
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

void Breaker::OnAbandoned(bool attempt) {
  if (attempt) attempting_ = false;
}

}  // namespace hookcast::hooks
