#include "edge/websocket/websocket_transport.h"

#include <algorithm>
#include <cerrno>
#include <cstring>
#include <utility>

#include "broker/base/close_code.h"
#include "edge/websocket/json_envelope.h"

namespace hookcast::edge {
namespace {

using hooks::ClosedBy;
using hooks::CloseDetails;
using websocket::FrameReader;
using websocket::Opcode;

// A queue of so many frames is written before another pong is added.
constexpr size_t kManyFrames = 64;
// For a client to end its side once both have closed; nothing more is owed to it.
constexpr Duration kLingerTime = std::chrono::seconds(1);
constexpr Duration kLate = std::chrono::seconds(1);

}  // namespace

WebSocketTransport::WebSocketTransport(Shard* shard, TransportListener* listener, Socket socket,
                                       const WebSocketOptions& options)
    : shard_(shard),
      listener_(listener),
      form_(options.form),
      reader_(options.reader),
      out_(shard, this, std::move(socket), options.slow_peer, options.max_queue_bytes),
      last_heard_(shard->reactor().Now()),
      timer_(Timer::For<&WebSocketTransport::OnTimer>(this)) {}

WebSocketTransport::~WebSocketTransport() {
  shard_->reactor().Forget(this);
  if (out_.socket().open()) shard_->reactor().poller().Remove(out_.socket().fd(), this);
}

void WebSocketTransport::Start(std::string_view response) {
  watched_ = EPOLLIN;
  Push(Bytes::Copy(response));
  if (!shard_->reactor().poller().Add(out_.socket().fd(), watched_, this)) out_.Break();
  const Duration interval = shard_->config().websocket.ping_interval;
  if (interval > Duration::zero()) shard_->reactor().Schedule(&timer_, interval);
}

void WebSocketTransport::Greet(const PeerId& peer) {
  if (form_.json) PushOwn(Opcode::kText, websocket::WriteOpenEnvelope(peer.ToString()));
}

void WebSocketTransport::ReadOn(std::string_view rest) {
  if (rest.empty()) return;
  std::string bytes(rest);
  Process({bytes.data(), bytes.size()});
}

// ---- Out ---------------------------------------------------------------------------------------

bool WebSocketTransport::Deliver(const pubsub::Message& message) {
  if (!TakesFrames() || !Push(FrameOf(message, form_, shard_->compression()))) return false;
  if (message.position) told_position_ = *message.position;
  return true;
}

bool WebSocketTransport::Recall(const pubsub::Message& message) {
  return TakesFrames() && Push(RecalledFrameOf(message, form_, shard_->compression()));
}

bool WebSocketTransport::Send(const pubsub::Data& data) {
  return TakesFrames() && Push(FrameOf(data, form_, shard_->compression()));
}

// Asked before a frame is built, which may cost more than to queue it.
bool WebSocketTransport::TakesFrames() {
  if (state_ == State::kOpen && !out_.broken()) return true;
  shard_->metrics().dropped.Add(metrics::Drop::kPeerClosing);
  return false;
}

bool WebSocketTransport::Push(Bytes frame) {
  if (!TakesFrames()) return false;
  const Outbound::Pushed pushed = out_.Push(std::move(frame));
  // What a full socket takes, the client has made room for.
  if (out_.TookAgain()) Heard();
  switch (pushed) {
    case Outbound::Pushed::kQueued:
      return true;
    case Outbound::Pushed::kDropped:
      return false;
    case Outbound::Pushed::kTooSlow:
      out_.Condemn();
      Close(kCloseTryAgainLater, "too slow: the queue is full", ClosedBy::kNode);
      return false;
    case Outbound::Pushed::kBroken:
      shard_->metrics().dropped.Add(metrics::Drop::kPeerClosing);
      return false;
  }
  return false;
}

bool WebSocketTransport::TellGap(std::optional<uint64_t> lost) {
  if (!form_.json || state_ != State::kOpen || out_.broken()) return false;
  PushOwn(Opcode::kText, websocket::WriteGapEnvelope(lost));
  return true;
}

void WebSocketTransport::TellPosition() {
  if (!form_.json || state_ != State::kOpen || out_.broken()) return;
  const std::string id = listener_->ResumeId();
  const std::optional<pubsub::ResumePoint> point = pubsub::ParseResumeId(id);
  if (!point) return;
  told_position_ = point->position;
  PushOwn(Opcode::kText, websocket::WritePositionEnvelope(id));
}

void WebSocketTransport::TellMovedPosition() {
  // Past messages that it lost it moves once it was told of those.
  if (!form_.json || out_.behind()) return;
  const std::optional<pubsub::ResumePoint> point = pubsub::ParseResumeId(listener_->ResumeId());
  if (point && point->position != told_position_) TellPosition();
}

void WebSocketTransport::AwaitSpace(size_t bytes) { out_.AwaitSpace(bytes); }

void WebSocketTransport::PushOwn(Opcode opcode, std::string_view payload) {
  out_.PushOwn(BuildFrame(opcode, payload));
}

void WebSocketTransport::AnswerPing(std::string_view payload) {
  if (waiting_pong_ != nullptr) {
    waiting_pong_->latest.emplace(payload);
    return;
  }
  if (state_ == State::kClosing) {
    if (out_.empty()) return PushOwn(Opcode::kPong, payload);
    waiting_pong_ = std::make_unique<WaitingPong>(WaitingPong{Bytes(), std::string(payload)});
    return;
  }
  // Many pings in one turn: only an attempt to write tells whether the client reads.
  if (out_.queue().frames() >= kManyFrames) out_.Write();
  Bytes pong = BuildFrame(Opcode::kPong, payload);
  // Counted like data, whatever else waits.
  if (Push(pong) && out_.stuck()) {
    waiting_pong_ = std::make_unique<WaitingPong>(WaitingPong{std::move(pong), std::nullopt});
  }
}

void WebSocketTransport::AnswerLatestPing() {
  // The frames that were joined last are held until all peers are flushed.
  if (!out_.empty() && !waiting_pong_->frame.unique()) return;
  const auto gone = std::move(waiting_pong_);
  if (!gone->latest || state_ > State::kClosing || out_.broken()) return;
  AnswerPing(*gone->latest);
  out_.Write();
}

void WebSocketTransport::Flush() {
  const Outbound::Flushed flushed = out_.Flush(state_ != State::kOpen);
  if (out_.broken()) return OnLost("the connection broke");
  if (flushed.caught_up) {
    if (flushed.lost > 0) TellLost(flushed.lost);
    listener_->OnDrained(out_.queue().cost());
  }
  if (flushed.has_space && state_ == State::kOpen) listener_->OnSpace();
  if (waiting_pong_ != nullptr) AnswerLatestPing();
  if (out_.broken()) return OnLost("the connection broke");
  if (std::exchange(pause_lifted_, false)) ProcessKept();
  if (out_.empty() && state_ == State::kFinishing) return Linger();
  Watch();
}

// ---- In ----------------------------------------------------------------------------------------

void WebSocketTransport::OnReady(uint32_t events) {
  if ((events & EPOLLOUT) != 0) {
    // The client took something of what had filled the socket. Its pong may stand behind the rest.
    Heard();
    out_.OnWritable();
  }
  if ((events & (EPOLLIN | EPOLLHUP | EPOLLERR)) == 0) return;
  if (!reading_paused_) return Read();
  // Told whatever is watched; what was read before a reset is lost with it.
  if ((events & (EPOLLHUP | EPOLLERR)) != 0) OnLost("the connection broke");
}

void WebSocketTransport::Read() {
  if (std::exchange(pause_lifted_, false)) ProcessKept();
  std::span<char> buffer = shard_->reactor().read_buffer();
  if (form_.window_bits != 0) buffer = buffer.first(kCompressedRead);
  const size_t before = kept_.size();  // of a frame that is cut, at most FrameReader::kMaxLeftover
  const ssize_t n = out_.socket().Read(buffer.data() + before, buffer.size() - before);
  if (n < 0 && (errno == EAGAIN || errno == EWOULDBLOCK)) return;
  if (n == 0 && state_ == State::kFinishing) {
    // It said all it had to, and may read on: what is queued keeps its time to go out.
    reading_paused_ = true;
    return Watch();
  }
  if (n <= 0) {
    return OnLost(n == 0 ? "the client ended the connection" : "the connection broke");
  }
  shard_->metrics().bytes_received.Add(static_cast<uint64_t>(n));
  if (state_ == State::kLingering) return;
  Heard();
  std::memcpy(buffer.data(), kept_.data(), before);
  const size_t size = before + static_cast<size_t>(n);
  kept_.clear();
  Process(buffer.first(size));
}

void WebSocketTransport::Process(std::span<char> input) {
  processing_ = true;
  while (!reading_paused_ && state_ != State::kReleased) {
    const FrameReader::Event event = reader_.Next(&input);
    if (event == FrameReader::Event::kNeedMore) break;
    // RFC 6455 section 5.5.1: what comes behind our own Close is of no use to the application.
    const bool open = state_ == State::kOpen && !out_.broken();
    switch (event) {
      case FrameReader::Event::kNeedMore:
        break;
      case FrameReader::Event::kMessage:
        if (open) OnMessage();
        break;
      case FrameReader::Event::kPing:
        if (open) {
          listener_->OnControlFrame(reader_.payload().size());
          if (state_ != State::kOpen) break;  // one too many
        }
        // RFC 6455 section 5.5.2: until the client's Close has come.
        if (state_ <= State::kClosing && !out_.broken()) AnswerPing(reader_.payload());
        break;
      case FrameReader::Event::kPong:
        if (open) listener_->OnControlFrame(reader_.payload().size());
        break;
      case FrameReader::Event::kClose:
        OnClientClose();
        break;
      case FrameReader::Event::kError:
        input = {};
        if (open) OnBrokenProtocol();
        break;
    }
    if (event == FrameReader::Event::kError) break;
  }
  processing_ = false;
  if (state_ == State::kReleased) return;
  kept_.assign(input.data(), input.size());
  if (kept_.empty() && kept_.capacity() > 256) kept_ = std::string();
  Watch();
}

void WebSocketTransport::OnMessage() {
  std::string_view message = reader_.payload();
  if (reader_.compressed()) {
    const websocket::ProtocolError* const error = shard_->compression().Inflate(
        reader_.kind(), reader_.payload(), reader_.limits().max_message_bytes, &message);
    if (error != nullptr) return reader_.Fail(*error);
  }
  const auto kind = reader_.kind() == websocket::MessageKind::kText ? pubsub::DataKind::kText
                                                                    : pubsub::DataKind::kBinary;
  const bool more = listener_->OnMessage(kind, message);
  if (reader_.compressed()) shard_->compression().Trim();
  // One that closed meanwhile waits for the client's Close.
  if (!more && state_ == State::kOpen) Pause();
}

// The listener has copied the message: a pause holds no second one.
void WebSocketTransport::Pause() {
  reading_paused_ = true;
  std::span<char> nothing;
  reader_.Next(&nothing);
}

void WebSocketTransport::ResumeReading() {
  if (!std::exchange(reading_paused_, false) || processing_) return;
  // Time in which nobody listened says nothing of the client.
  Heard();
  ProcessKept();
}

void WebSocketTransport::ProcessKept() {
  std::string rest = std::exchange(kept_, {});
  Process({rest.data(), rest.size()});
}

void WebSocketTransport::Heard() {
  last_heard_ = shard_->reactor().Now();
  ping_pending_ = false;
}

// ---- The end -----------------------------------------------------------------------------------

void WebSocketTransport::Close(uint16_t code, std::string_view reason, ClosedBy by) {
  if (state_ != State::kOpen || out_.broken()) return;
  // In band it stands in front of the Close; the listener hears of it later, as this may run inside
  // Deliver.
  if (form_.json) TellLastGap();
  PushOwn(Opcode::kClose, websocket::CloseFramePayload(code, reason));
  ending_ = std::make_unique<CloseDetails>(CloseDetails{code, std::string(reason), by, false});
  state_ = State::kClosing;
  // A pause would keep the client's Close from being read. What it kept is looked at in Flush, as
  // this may run inside Deliver.
  pause_lifted_ = std::exchange(reading_paused_, false);
  shard_->reactor().Schedule(&timer_, shard_->config().websocket.close_timeout);
  Watch();
}

void WebSocketTransport::OnClientClose() {
  TellLastGap();
  if (state_ == State::kClosing) {
    CloseDetails details = *ending_;
    details.was_clean = true;
    Tell(std::move(details));
  } else if (state_ == State::kOpen) {
    const uint16_t code = reader_.close_code();
    PushOwn(Opcode::kClose, websocket::CloseFramePayload(code, ""));
    Tell({code, std::string(reader_.payload()), ClosedBy::kClient, true});
  }
  Finish();
}

void WebSocketTransport::OnBrokenProtocol() {
  TellLastGap();
  const websocket::ProtocolError& error = reader_.error();
  const CloseDetails details{error.close_code, std::string(error.reason), ClosedBy::kNode, false};
  listener_->OnProtocolError(
      {error.close_code == kCloseTooBig ? hooks::ErrorKind::kLimit : hooks::ErrorKind::kProtocol,
       std::string(error.reason), details});
  PushOwn(Opcode::kClose, websocket::CloseFramePayload(error.close_code, error.reason));
  Tell(details);
  Finish();
}

// End of file, reset, silence, or an order to terminate.
void WebSocketTransport::OnLost(std::string_view why) {
  out_.Break();
  TellLastGap();
  if (ending_ != nullptr) {
    Tell(*ending_);
  } else {
    Tell({kCloseAbnormal, std::string(why), ClosedBy::kNetwork, false});
  }
  Release();
}

void WebSocketTransport::Terminate(ClosedBy by) {
  if (out_.broken() || state_ >= State::kFinishing) return;
  out_.Break();
  ending_ = std::make_unique<CloseDetails>(CloseDetails{kCloseAbnormal, "terminated", by, false});
  shard_->reactor().FlushLater(this);
}

// A gap that the end cuts short. Before the answer to the client's Close is queued, behind which
// nothing may come.
void WebSocketTransport::TellLastGap() {
  if (const uint64_t lost = out_.EndGap(); lost > 0) TellLost(lost);
}

// Whom nothing reaches any more cannot be told in band: the listener is.
void WebSocketTransport::TellLost(uint64_t lost) {
  if (!form_.json || out_.broken()) return listener_->OnGap(lost);
  if (state_ == State::kOpen) PushOwn(Opcode::kText, websocket::WriteGapEnvelope(lost));
}

void WebSocketTransport::Tell(CloseDetails details) {
  if (std::exchange(told_, true)) return;
  listener_->OnClosed(std::move(details));
}

// RFC 6455 section 7.1.1: the server closes first, once both Close frames have passed.
void WebSocketTransport::Finish() {
  if (state_ >= State::kFinishing) return;
  state_ = State::kFinishing;
  shard_->reactor().Schedule(&timer_, shard_->config().websocket.close_timeout);
  if (out_.empty()) Linger();
}

void WebSocketTransport::Linger() {
  state_ = State::kLingering;
  reading_paused_ = false;
  out_.socket().ShutdownWrite();
  shard_->reactor().Schedule(&timer_, kLingerTime);
  Watch();
}

void WebSocketTransport::Release() {
  if (state_ == State::kReleased) return;
  state_ = State::kReleased;
  timer_.Cancel();
  shard_->reactor().Forget(this);
  shard_->reactor().poller().Remove(out_.socket().fd(), this);
  out_.Close();
  listener_->OnReleased();
}

// ---- Readiness and time ------------------------------------------------------------------------

void WebSocketTransport::Watch() {
  if (state_ == State::kReleased || processing_) return;
  const uint32_t wanted = (reading_paused_ ? 0u : EPOLLIN) | (out_.stuck() ? EPOLLOUT : 0u);
  if (wanted == watched_) return;
  watched_ = wanted;
  shard_->reactor().poller().Modify(out_.socket().fd(), wanted, this);
}

void WebSocketTransport::OnTimer() {
  metrics::Catalogue& metrics = shard_->metrics();
  if (state_ != State::kOpen) {
    if (state_ == State::kClosing) metrics.close_timeouts.Add();
    return OnLost("");
  }
  const config::WebSocketConfig& settings = shard_->config().websocket;
  Reactor& reactor = shard_->reactor();
  const Duration silence = reactor.Now() - last_heard_;
  const Duration patience = ping_pending_ ? settings.pong_timeout : settings.ping_interval;
  // What the node does not read cannot be held against the client. Nor can a time in which the node
  // did not run, which shows in a timer that is late: what came in it may be unread.
  if (reading_paused_ || silence > patience + kLate) {
    Heard();
    return reactor.Schedule(&timer_, settings.ping_interval);
  }
  // The next ping is due an interval after a pong, which may come before the time for it is over.
  if (silence < patience) {
    return reactor.Schedule(&timer_,
                            std::min<Duration>(patience - silence, settings.ping_interval));
  }
  if (ping_pending_ && out_.Unacknowledged() < unread_at_ping_) {
    // It reads what is in front of the ping, slowly.
    Heard();
    return reactor.Schedule(&timer_, settings.pong_timeout);
  }
  if (ping_pending_) {
    metrics.ping_timeouts.Add();
    return OnLost("the client did not answer a ping");
  }
  ping_pending_ = true;
  last_heard_ = reactor.Now();  // while a ping is awaited, the time of the ping
  unread_at_ping_ = out_.Unacknowledged();
  metrics.pings_sent.Add();
  TellMovedPosition();
  Push(BuildFrame(Opcode::kPing, ""));
  // A pong may be given more time than there is between pings; the next is due all the same.
  if (state_ == State::kOpen) {
    reactor.Schedule(&timer_, std::min(settings.ping_interval, settings.pong_timeout));
  }
}

}  // namespace hookcast::edge
