#pragma once

#include <cstddef>
#include <cstdint>
#include <optional>

#include "broker/config/config.h"
#include "broker/metrics/catalogue.h"
#include "edge/outbound_queue.h"

namespace hookcast::edge {

// The limit of one peer's outbound queue, and what the route's `slow_peer` does where a frame does
// not fit any more. Knows queues, whatever the transport.
//
// Marks: the high one is the limit, the low one half of it. The peer is behind from the moment at
// which a frame did not fit, or one alone was larger than the limit, until its socket takes bytes
// again and no more than the low mark waits.
//
// Only messages of topics are ever dropped: a frame that went out in part, what was sent to this
// peer alone, and control frames stay. Where those leave no room for more of their kind, the peer
// is to be closed, whatever the policy.
//
// Thread: shard-affine.
class QueueLimit {
 public:
  enum class Answer : uint8_t {
    kPush,   // there is room now
    kDrop,   // not this frame; it was counted
    kClose,  // the peer is too slow; nothing was dropped or counted for that yet
  };

  // The catalogue outlives it.
  QueueLimit(config::SlowPeer policy, size_t bytes, metrics::Catalogue* metrics)
      : policy_(policy), bytes_(bytes), metrics_(metrics) {}
  QueueLimit(const QueueLimit&) = delete;
  QueueLimit& operator=(const QueueLimit&) = delete;
  ~QueueLimit() { End(); }

  // Whether the frame may be pushed as things are. An empty queue takes a frame of any size.
  bool Fits(const Bytes& frame, const OutboundQueue& queue) const {
    if (skipping_ && IsTopicMessage(frame)) return false;
    return queue.empty() || queue.cost() + OutboundQueue::CostOf(frame) <= bytes_;
  }
  // Whether the frame is lost in a gap that is not over; counts it where it is. No attempt to write
  // would change that.
  bool Skips(const Bytes& frame);
  // For a frame that does not fit though the socket takes nothing now: drops from the queue as the
  // policy says, and counts it. The peer is behind from here on.
  Answer Overflow(const Bytes& frame, OutboundQueue* queue);

  // A turn is over. `taking`: the socket took bytes in it, as far as is known. Once the peer is
  // behind no more: how many messages it lost in a gap, which somebody has to be told.
  std::optional<uint64_t> Settle(const OutboundQueue& queue, bool taking) {
    if (!behind_ && queue.cost() <= bytes_) return std::nullopt;
    return SettleBehind(queue, taking);
  }
  // The connection ends. Returns how many messages were lost in a gap that nobody was told of.
  uint64_t End();

  bool behind() const { return behind_; }
  size_t bytes() const { return bytes_; }

 private:
  static bool IsTopicMessage(const Bytes& frame) { return !frame.label().empty(); }

  void Begin();
  std::optional<uint64_t> SettleBehind(const OutboundQueue& queue, bool taking);
  void DropOldest(const Bytes& frame, OutboundQueue* queue);
  void Conflate(const Bytes& frame, OutboundQueue* queue);
  void DropAll(OutboundQueue* queue);

  const config::SlowPeer policy_;
  bool behind_ = false;
  bool skipping_ = false;  // a gap is not over
  const size_t bytes_;
  uint64_t lost_ = 0;  // in the gap
  metrics::Catalogue* const metrics_;
};

}  // namespace hookcast::edge
