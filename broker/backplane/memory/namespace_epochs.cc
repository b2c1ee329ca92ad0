#include "broker/backplane/memory/namespace_epochs.h"

#include <algorithm>
#include <chrono>

namespace hookcast::backplane {
namespace {

// Beside the name's bytes: the list, the map and the allocator's own.
constexpr size_t kPinOverhead = 96;

}  // namespace

NamespaceEpochs::NamespaceEpochs(const Clock* clock, size_t most_bytes_left)
    : clock_(clock), most_bytes_left_(most_bytes_left) {
  slots_.fill(NowMs());
}

uint64_t NamespaceEpochs::Of(std::string_view ns) const {
  const MutexLock lock(&mutex_);
  return EpochOf(ns);
}

// Others of the slot that had the same epoch may have ended before: then it has moved already.
void NamespaceEpochs::End(std::string_view ns, uint64_t epoch) {
  const MutexLock lock(&mutex_);
  uint64_t& slot = slots_[SlotOf(ns)];
  if (slot <= epoch) slot = std::max(NowMs(), epoch + 1);
  const auto pin = by_name_.find(ns);
  if (pin != by_name_.end() && pin->second->epoch <= epoch) pin->second->epoch = slot;
}

void NamespaceEpochs::Want(std::string_view ns) {
  const MutexLock lock(&mutex_);
  const auto found = by_name_.find(ns);
  if (found == by_name_.end()) {
    const auto pin =
        wanted_.insert(wanted_.end(), Pin{.ns = std::string(ns), .epoch = EpochOf(ns)});
    by_name_.emplace(pin->ns, pin);
  } else if (const auto pin = found->second; !pin->wanted) {
    pin->wanted = true;
    bytes_left_ -= CostOf(*pin);
    wanted_.splice(wanted_.end(), left_, pin);
  }
  Forget();
}

void NamespaceEpochs::Unwant(std::string_view ns, Duration kept) {
  const MutexLock lock(&mutex_);
  const auto found = by_name_.find(ns);
  if (found == by_name_.end() || !found->second->wanted) return;
  const auto pin = found->second;
  pin->wanted = false;
  pin->left_at = clock_->Now();
  pin->kept = kept;
  bytes_left_ += CostOf(*pin);
  left_.splice(left_.end(), wanted_, pin);
  Forget();
}

bool NamespaceEpochs::Wanted(std::string_view ns, Duration lately) const {
  const MutexLock lock(&mutex_);
  const auto found = by_name_.find(ns);
  if (found == by_name_.end()) return false;
  const Pin& pin = *found->second;
  return pin.wanted || clock_->Now() - pin.left_at < lately;
}

size_t NamespaceEpochs::CostOf(const Pin& pin) {
  return sizeof(Pin) + kPinOverhead + pin.ns.size();
}

uint64_t NamespaceEpochs::NowMs() const {
  const auto wall =
      std::chrono::duration_cast<std::chrono::milliseconds>(clock_->WallNow().time_since_epoch());
  return static_cast<uint64_t>(std::max<int64_t>(wall.count(), 1));
}

uint64_t NamespaceEpochs::EpochOf(std::string_view ns) const {
  const auto pin = by_name_.find(ns);
  return pin == by_name_.end() ? slots_[SlotOf(ns)] : pin->second->epoch;
}

// One that is to be kept longer than those behind it keeps them as well, within the bound.
void NamespaceEpochs::Forget() {
  const TimePoint now = clock_->Now();
  while (!left_.empty()) {
    const Pin& first = left_.front();
    if (bytes_left() <= most_bytes_left_ && now - first.left_at < first.kept) return;
    bytes_left_ -= CostOf(first);
    by_name_.erase(by_name_.find(first.ns));
    left_.pop_front();
  }
}

}  // namespace hookcast::backplane
