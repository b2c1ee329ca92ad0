#pragma once

#include <sys/uio.h>

#include <cstddef>
#include <cstdint>
#include <memory>

#include "broker/base/bytes.h"

namespace hookcast::edge {

// Frames on their way to one peer, each shared with whoever else gets it. Holds nothing while
// empty, and allocates nothing for the first few frames after that.
//
// Thread: shard-affine. Not bounded by itself: its owner watches bytes().
class OutboundQueue {
 public:
  OutboundQueue() = default;
  OutboundQueue(const OutboundQueue&) = delete;
  OutboundQueue& operator=(const OutboundQueue&) = delete;

  bool empty() const { return count_ == 0; }
  size_t frames() const { return count_; }
  // What is still to be written, the rest of a frame that went out in part included.
  size_t bytes() const { return bytes_; }
  // What the queue holds in memory because of them, however short they are.
  size_t cost() const { return bytes_ + count_ * kFrameOverhead; }
  // Whether the first frame went out in part: it must be finished before anything else.
  bool cut() const { return sent_of_first_ != 0; }
  // The i-th to go out, whole. REQUIRES: i < frames().
  const Bytes& frame(size_t i) const { return At(i); }

  // REQUIRES: the frame is not empty, and smaller than 4 GiB.
  void Push(Bytes frame);

  // Points up to `most` vectors at what is to be written next; returns how many.
  size_t Gather(iovec* vectors, size_t most) const;
  // That many bytes were written. REQUIRES: at most bytes().
  void Consume(size_t written);

  // Drops all but a frame that went out in part. Returns how many bytes were dropped.
  size_t DropUnsent();
  void Clear();

 private:
  static constexpr uint32_t kKeptCapacity = 4;
  static constexpr size_t kFrameOverhead = 48;  // a block of its own and its place here

  Bytes& At(size_t i) const { return ring_[(first_ + i) & (capacity_ - 1)]; }
  void PopFront();
  void Grow();
  void ReleaseWhenLarge();

  std::unique_ptr<Bytes[]> ring_;
  uint32_t capacity_ = 0;  // a power of two
  uint32_t first_ = 0;
  uint32_t count_ = 0;
  uint32_t sent_of_first_ = 0;
  size_t bytes_ = 0;
};

}  // namespace hookcast::edge
