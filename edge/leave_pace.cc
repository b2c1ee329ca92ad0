#include "edge/leave_pace.h"

#include <algorithm>
#include <cmath>
#include <utility>

namespace hookcast::edge {

double LeavePace::Passed(TimePoint now) const {
  std::chrono::duration<double> over = rate_.over;
  if (rate_.least > 0) {
    const std::chrono::duration<double> most(static_cast<double>(peers_.load()) / rate_.least);
    over = std::min(over, most);
  }
  if (over.count() <= 0) return 1;
  return std::clamp<double>((now - begun_) / over, 0, 1);
}

LeavePace::Part::Part(std::shared_ptr<LeavePace> pace, size_t peers)
    : pace_(std::move(pace)), peers_(peers), left_(peers) {
  pace_->left_ += peers;
  pace_->peers_ += peers;
}

// All shares together, each rounded up, are never fewer than those that are due: none of them waits
// for a shard that may not tell it.
bool LeavePace::Part::TakeTurn(size_t left, TimePoint now) {
  if (left < left_) pace_->left_ -= left_ - left;
  left_ = left;
  const double passed = pace_->Passed(now);
  const auto share = static_cast<size_t>(std::ceil(passed * static_cast<double>(peers_)));
  if (left_ + std::clamp<size_t>(share, 1, peers_) <= peers_) return false;
  const size_t peers = pace_->peers_.load();
  const size_t due = static_cast<size_t>(passed * static_cast<double>(peers - 1)) + 1;
  size_t all_left = pace_->left_.load();
  do {
    if (all_left + due <= peers) return false;
  } while (!pace_->left_.compare_exchange_weak(all_left, all_left - 1));
  --left_;
  return true;
}

}  // namespace hookcast::edge
