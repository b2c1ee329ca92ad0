#include "edge/outbound_queue.h"

#include <algorithm>
#include <cassert>
#include <utility>

namespace hookcast::edge {

void OutboundQueue::Push(Bytes frame) {
  assert(!frame.empty());
  if (count_ == capacity_) Grow();
  bytes_ += frame.size();
  At(count_++) = std::move(frame);
}

void OutboundQueue::Grow() {
  const uint32_t capacity = std::max(kKeptCapacity, capacity_ * 2);
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

size_t OutboundQueue::DropUnsent() {
  const size_t before = bytes_;
  const uint32_t kept = cut() ? 1 : 0;
  while (count_ > kept) {
    bytes_ -= At(count_ - 1).size();
    At(--count_) = Bytes();
  }
  ReleaseWhenLarge();
  return before - bytes_;
}

void OutboundQueue::Clear() {
  sent_of_first_ = 0;
  bytes_ = 0;
  count_ = 0;
  capacity_ = 0;
  first_ = 0;
  ring_.reset();
}

void OutboundQueue::PopFront() {
  At(0) = Bytes();
  first_ = (first_ + 1) & (capacity_ - 1);
  --count_;
}

// A burst's ring is not kept for a peer that has gone quiet.
void OutboundQueue::ReleaseWhenLarge() {
  if (count_ == 0 && capacity_ > kKeptCapacity) Clear();
}

}  // namespace hookcast::edge
