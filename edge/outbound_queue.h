#pragma once

#include <sys/uio.h>

#include <cstddef>
#include <cstdint>
#include <memory>

#include "absl/functional/function_ref.h"
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
  // What the queue holds in memory because of them, however short they are: what its limit is
  // about.
  size_t cost() const { return bytes_ + overhead_; }
  static size_t CostOf(const Bytes& frame) { return frame.size() + OverheadOf(frame); }
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

  // What is to become of a frame that waits; kKeepRest is said of it and of all behind it.
  enum class Fate : uint8_t { kKeep, kDrop, kKeepRest };
  // Asks of each frame of which nothing went out yet, the oldest first, and drops what it is told
  // to. Returns how many frames that were.
  size_t DropWaiting(absl::FunctionRef<Fate(const Bytes&)> fate);
  void Clear();

 private:
  static constexpr uint32_t kKeptCapacity = 4;
  static constexpr size_t kFrameOverhead = 48;  // a block of its own and its place here

  static size_t OverheadOf(const Bytes& frame) { return kFrameOverhead + frame.label().size(); }
  Bytes& At(size_t i) const { return ring_[(first_ + i) & (capacity_ - 1)]; }
  void PopFront();
  void Resize(uint32_t capacity);
  void ReleaseWhenLarge();

  std::unique_ptr<Bytes[]> ring_;
  uint32_t capacity_ = 0;  // a power of two
  uint32_t first_ = 0;
  uint32_t count_ = 0;
  uint32_t sent_of_first_ = 0;
  size_t bytes_ = 0;
  size_t overhead_ = 0;  // of all frames, beside their bytes
};

}  // namespace hookcast::edge
