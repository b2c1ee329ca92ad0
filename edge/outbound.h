#pragma once

#include <cstddef>
#include <cstdint>
#include <optional>
#include <utility>

#include "broker/base/bytes.h"
#include "edge/outbound_queue.h"
#include "edge/queue_limit.h"
#include "edge/reactor.h"
#include "edge/shard.h"
#include "edge/socket.h"

namespace hookcast::edge {

// The way out to one peer, whatever its transport: the socket, what waits for it, and the limit of
// that. What one turn of the loop queued leaves in one write.
//
// A write that fails breaks the way out; its owner learns of it in its next Flush, as none of this
// calls anybody.
//
// Thread: shard-affine. Owned by a transport, whose Flush it has called once a turn.
class Outbound {
 public:
  // Shard and transport outlive it.
  Outbound(Shard* shard, Flushable* transport, Socket socket, config::SlowPeer policy,
           size_t max_bytes);
  Outbound(const Outbound&) = delete;
  Outbound& operator=(const Outbound&) = delete;
  ~Outbound();

  enum class Pushed : uint8_t {
    kQueued,
    kDropped,  // as the policy says, and counted
    kTooSlow,  // the peer is to be closed; nothing was dropped or counted for that yet
    kBroken,   // the way out is broken
  };
  // Queues a frame, under the limit.
  Pushed Push(Bytes frame);
  // What the node itself says, whatever waits.
  void PushOwn(Bytes frame);

  // Writes what waits, as far as the socket takes it. It is written to at once, whatever readiness
  // was told last: mostly it takes all.
  void Write();
  // For the owner's Flush: writes, and says what is new. While `closing` a peer that was behind
  // does not catch up any more: EndGap says what it lost.
  struct Flushed {
    bool caught_up = false;  // the peer was behind, and is so no more
    uint64_t lost = 0;       // messages, in a gap that is over now
    bool has_space = false;  // once for each AwaitSpace
  };
  Flushed Flush(bool closing);

  // The socket told that it takes bytes again.
  void OnWritable();
  // Whether a socket that had been full took bytes while something was pushed, since this was asked
  // last.
  bool TookAgain() { return std::exchange(took_again_, false); }
  // What the kernel holds that the client's has not acknowledged, and what that has, in bytes.
  uint32_t Unacknowledged() const;
  uint64_t Acknowledged() const { return written_ - Unacknowledged(); }
  // All bytes that the socket ever took.
  uint64_t written() const { return written_; }

  // The next Flush that leaves no more than so many bytes says has_space.
  void AwaitSpace(size_t bytes);

  // Nothing goes out any more.
  void Break() { broken_ = true; }
  bool broken() const { return broken_; }
  // The socket is full.
  bool stuck() const { return stuck_; }
  const OutboundQueue& queue() const { return queue_; }
  bool empty() const { return queue_.empty(); }
  size_t max_bytes() const { return limit_.bytes(); }

  // Drops what has not begun to go out, and counts it as the slow peer's, with the frame for which
  // there was no place.
  void Condemn();
  // The connection ends: how many messages were lost in a gap that nobody was told of.
  uint64_t EndGap() { return limit_.End(); }

  Socket& socket() { return socket_; }
  // Forgets what waits, and closes the socket.
  void Close();

 private:
  bool MakeSpace(const Bytes& frame);
  void CountQueued(size_t bytes);

  Shard* const shard_;
  Flushable* const transport_;
  Socket socket_;
  OutboundQueue queue_;
  QueueLimit limit_;
  uint64_t written_ = 0;
  size_t counted_bytes_ = 0;  // of the queue's cost, in the node's gauge
  bool stuck_ = false;
  bool broken_ = false;
  bool took_again_ = false;
  bool awaits_space_ = false;
  size_t space_at_ = 0;
};

}  // namespace hookcast::edge
