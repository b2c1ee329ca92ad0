#pragma once

#include <cstdint>
#include <memory>
#include <optional>
#include <span>
#include <string>
#include <string_view>

#include "broker/base/ids.h"
#include "broker/base/timer_wheel.h"
#include "broker/config/config.h"
#include "broker/hooks/hook_event.h"
#include "edge/outbound.h"
#include "edge/reactor.h"
#include "edge/shard.h"
#include "edge/socket.h"
#include "edge/transport.h"
#include "edge/websocket/frame_reader.h"
#include "edge/websocket/frame_writer.h"
#include "edge/websocket/websocket_frames.h"

namespace hookcast::edge {

struct WebSocketOptions {
  WebSocketForm form;
  websocket::FrameReader::Limits reader;
  size_t max_queue_bytes = 1 << 20;
  config::SlowPeer slow_peer = config::SlowPeer::kClose;
};

// One WebSocket connection after its handshake (RFC 6455). Waits for readiness and reads into the
// shard's one buffer; an idle peer holds neither a buffer nor a timer of its own. What one turn of
// the loop queued leaves in one write.
//
// Closing. Either side's Close frame starts it; the other's completes it, or the close timeout.
// Then the socket's write side is shut down, and the client has a second to end its own, so that
// no reset destroys what is on its way to it.
//
// Pings. Each is answered while the socket takes what is written. Once it does not, one Pong waits
// in the queue, and of the pings behind it the latest alone is answered (section 5.5.3).
//
// Slow peers. QueueLimit says what is dropped once the queue is full. A peer that is condemned
// loses what has not begun to go out, a Close of 1013 follows, and nothing else: it sees a prefix
// without holes. A client of hookcast.v1.json is told of a gap itself; of others the listener is.
//
// Thread: shard-affine. Owned by its session.
class WebSocketTransport final : public Transport, public Pollable, public Flushable {
 public:
  // Most that is read in a turn from a peer that may compress: a byte may become a thousand, and
  // other peers wait meanwhile. What is left in the socket is for the next turn.
  static constexpr size_t kCompressedRead = 2 * 1024;

  WebSocketTransport(Shard* shard, TransportListener* listener, Socket socket,
                     const WebSocketOptions& options);
  ~WebSocketTransport() override;

  // Queues the handshake's response and begins to watch the socket.
  void Start(std::string_view response);
  // Tells a client of hookcast.v1.json which peer it is. Before anything else is sent to it.
  void Greet(const PeerId& peer);
  // Reads what came behind the handshake. After the listener is ready for messages.
  void ReadOn(std::string_view rest);

  // Transport.
  bool Deliver(const pubsub::Message& message) override;
  bool Send(const pubsub::Data& data) override;
  bool Recall(const pubsub::Message& message) override;
  void TellPosition() override;
  bool TellGap(std::optional<uint64_t> lost) override;
  void AwaitSpace(size_t bytes) override;
  void Close(uint16_t code, std::string_view reason, hooks::ClosedBy by) override;
  void Terminate(hooks::ClosedBy by) override;
  bool open() const override { return state_ == State::kOpen && !out_.broken(); }
  void ResumeReading() override;
  size_t queued_bytes() const override { return out_.queue().cost(); }
  size_t queue_limit() const override { return out_.max_bytes(); }

  // Pollable and Flushable.
  void OnReady(uint32_t events) override;
  void Flush() override;

 private:
  enum class State : uint8_t {
    kOpen,
    kClosing,    // our Close is queued or sent, the client's has not come
    kFinishing,  // closed as far as anybody is concerned; the rest of the queue goes out
    kLingering,  // waiting for the client to end its side
    kReleased,
  };
  struct WaitingPong {
    Bytes frame;  // in the queue, unless it went out; none while it waits behind our Close
    std::optional<std::string> latest;  // the payload of a later ping
  };

  bool TakesFrames();
  bool Push(Bytes frame);
  // What the node itself says, whatever waits.
  void PushOwn(websocket::Opcode opcode, std::string_view payload);
  void AnswerPing(std::string_view payload);
  // Answers the latest ping, if one came while a Pong waited that has gone out now.
  void AnswerLatestPing();

  void Read();
  void Process(std::span<char> input);
  void ProcessKept();
  // Tells the message that the reader has; inflates it first where it came compressed.
  void OnMessage();
  void Pause();
  void OnClientClose();
  void OnBrokenProtocol();
  void OnLost(std::string_view why);

  void TellLastGap();
  void TellLost(uint64_t lost);
  void Tell(hooks::CloseDetails details);
  void Finish();
  void Linger();
  void Release();

  void Watch();
  // For a client that hears nothing of a busy namespace: where it stands, if that moved.
  void TellMovedPosition();
  void OnTimer();
  void Heard();

  Shard* const shard_;
  TransportListener* const listener_;
  State state_ = State::kOpen;
  bool told_ = false;  // OnClosed was called
  bool reading_paused_ = false;
  bool pause_lifted_ = false;  // by Close; what was kept waits to be looked at
  bool processing_ = false;
  bool ping_pending_ = false;
  uint32_t watched_ = 0;
  uint32_t unread_at_ping_ = 0;
  const WebSocketForm form_;
  websocket::FrameReader reader_;
  Outbound out_;  // once broken, nothing more comes in either; the listener hears of it in Flush
  std::string kept_;                             // of a frame that was cut, or behind a pause
  pubsub::Position told_position_;  // the latest that the client was told of
  TimePoint last_heard_;                         // or pinged, while a pong is awaited
  std::unique_ptr<WaitingPong> waiting_pong_;    // while the socket is full
  std::unique_ptr<hooks::CloseDetails> ending_;  // what to tell if the client says nothing better
  Timer timer_;                                  // ping while open, deadline while closing
};

}  // namespace hookcast::edge
