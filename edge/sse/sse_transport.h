#pragma once

#include <cstdint>
#include <memory>
#include <string_view>

#include "broker/base/timer_wheel.h"
#include "broker/config/config.h"
#include "edge/outbound.h"
#include "edge/reactor.h"
#include "edge/shard.h"
#include "edge/socket.h"
#include "edge/sse/sse_frames.h"
#include "edge/transport.h"

namespace hookcast::edge {

struct SseOptions {
  SseForm form;
  size_t max_queue_bytes = 1 << 20;
  config::SlowPeer slow_peer = config::SlowPeer::kClose;
  bool keeps_history = false;  // the peer's namespace does
};

// One event stream (WHATWG HTML, section 9.2), from its response's head on. Reads only to learn
// that the client left; an idle peer holds neither a buffer nor a timer of its own. What one turn
// of the loop queued leaves in one write.
//
// Closing. A stream has no closing handshake: the node's close is an event, hookcast.close, and the
// end of the body behind it, and was clean once the socket has taken both. A client that leaves
// ends its connection: 1005, by the client. One whose connection broke: 1006, by the network.
//
// Silence. A comment, or the client's position, once nothing was sent for the keepalive interval. A
// client whose host acknowledged nothing for a whole interval, though something was outstanding, is
// gone.
//
// Slow peers. As for WebSocket, by QueueLimit. A gap is told in band, by hookcast.gap.
//
// Thread: shard-affine. Owned by its session.
class SseTransport final : public Transport, public Pollable, public Flushable {
 public:
  SseTransport(Shard* shard, TransportListener* listener, Socket socket, const SseOptions& options);
  ~SseTransport() override;

  // Queues the response's head and hookcast.open, and begins to watch the socket. `secret` as
  // OpenEvent has it.
  void Start(std::string_view head, const PeerId& peer, std::string_view secret);

  // Transport. There is nothing to read: ResumeReading has no effect.
  bool Deliver(const pubsub::Message& message) override;
  bool Send(const pubsub::Data& data) override;
  bool Recall(const pubsub::Message& message) override;
  void TellPosition() override;
  bool TellGap(std::optional<uint64_t> lost) override;
  void AwaitSpace(size_t bytes) override { out_.AwaitSpace(bytes); }
  void Close(uint16_t code, std::string_view reason, hooks::ClosedBy by) override;
  void Terminate(hooks::ClosedBy by) override;
  bool open() const override { return state_ == State::kOpen && !out_.broken(); }
  void ResumeReading() override {}
  size_t queued_bytes() const override { return out_.queue().cost(); }
  size_t queue_limit() const override { return out_.max_bytes(); }

  // Pollable and Flushable.
  void OnReady(uint32_t events) override;
  void Flush() override;

 private:
  enum class State : uint8_t {
    kOpen,
    kFinishing,  // the end is queued, and goes out
    kLingering,  // waiting for the client to end its side
    kReleased,
  };

  bool TakesEvents();
  // Whether the data has a form here; counts it where it has none.
  bool HasForm(const pubsub::Data& data);
  bool Push(Bytes event);
  // How long this client shall wait before it connects again.
  int64_t RetryMs() const;

  void Read();
  void OnLost(std::string_view why);
  void Tell(hooks::CloseDetails details);
  void Linger();
  void Release();
  void Watch();
  void OnTimer();
  void ScheduleNext();

  Shard* const shard_;
  TransportListener* const listener_;
  State state_ = State::kOpen;
  bool told_ = false;         // OnClosed was called
  bool outstanding_ = false;  // something was not acknowledged at the last look
  uint32_t watched_ = 0;
  uint32_t swallowed_ = 0;  // bytes that came behind the request
  const SseForm form_;
  const bool keeps_history_;
  Outbound out_;
  TimePoint last_sent_;
  TimePoint last_look_;                          // at what the client acknowledged
  TimePoint ends_at_;                            // its maximum age
  uint64_t acknowledged_ = 0;                    // at the last look
  std::unique_ptr<hooks::CloseDetails> ending_;  // once the end is queued
  Timer timer_;  // keepalive and age while open, deadline afterwards
};

}  // namespace hookcast::edge
