#include "edge/outbound_queue.h"

#include <algorithm>
#include <cassert>
#include <utility>

namespace hookcast::edge {

void OutboundQueue::Push(Bytes frame) {
  assert(!frame.empty());
  if (count_ == capacity_) Resize(std::max(kKeptCapacity, capacity_ * 2));
  bytes_ += frame.size();
  overhead_ += OverheadOf(frame);
  At(count_++) = std::move(frame);
}

void OutboundQueue::Resize(uint32_t capacity) {
  auto ring = std::make_unique<Bytes[]>(capacity);
  for (uint32_t i = 0; i < count_; ++i) ring[i] = std::move(At(i));
  ring_ = std::move(ring);
  capacity_ = capacity;
  first_ = 0;
}

size_t OutboundQueue::Gather(iovec* vectors, size_t most) const {
  const size_t n = std::min<size_t>(most, count_);
  for (size_t i = 0; i < n; ++i) {
    const Bytes& frame = At(i);
    const size_t skip = i == 0 ? sent_of_first_ : 0;
    vectors[i] = {const_cast<char*>(frame.data()) + skip, frame.size() - skip};
  }
  return n;
}

void OutboundQueue::Consume(size_t written) {
  assert(written <= bytes_);
  bytes_ -= written;
  written += sent_of_first_;
  while (count_ > 0 && written >= At(0).size()) {
    written -= At(0).size();
    PopFront();
  }
  sent_of_first_ = static_cast<uint32_t>(written);
  ReleaseWhenLarge();
}

size_t OutboundQueue::DropWaiting(absl::FunctionRef<Fate(const Bytes&)> fate) {
  uint32_t asked = cut() ? 1 : 0;
  uint32_t dropped = 0;
  for (; asked < count_; ++asked) {
    const Fate said = fate(At(asked));
    if (said == Fate::kKeepRest) break;
    if (said == Fate::kKeep) continue;
    bytes_ -= At(asked).size();
    overhead_ -= OverheadOf(At(asked));
    At(asked) = Bytes();
    ++dropped;
  }
  if (dropped == 0) return 0;
  // Those that were asked and stay close up with the rest, which need not move: to drop the oldest
  // of many costs no more than to drop one.
  for (uint32_t from = asked, to = asked; from-- > 0;) {
    if (!At(from).empty()) At(--to) = std::move(At(from));
  }
  first_ = (first_ + dropped) & (capacity_ - 1);
  count_ -= dropped;
  ReleaseWhenLarge();
  return dropped;
}

void OutboundQueue::Clear() {
  sent_of_first_ = 0;
  bytes_ = 0;
  overhead_ = 0;
  count_ = 0;
  capacity_ = 0;
  first_ = 0;
  ring_.reset();
}

void OutboundQueue::PopFront() {
  overhead_ -= OverheadOf(At(0));
  At(0) = Bytes();
  first_ = (first_ + 1) & (capacity_ - 1);
  --count_;
}

// A burst's ring is not kept for a peer that has gone quiet, or whose queue was dropped.
void OutboundQueue::ReleaseWhenLarge() {
  if (capacity_ <= kKeptCapacity) return;
  if (count_ == 0) return Clear();
  if (count_ <= capacity_ / 16) Resize(std::max(kKeptCapacity, capacity_ / 8));
}

}  // namespace hookcast::edge
