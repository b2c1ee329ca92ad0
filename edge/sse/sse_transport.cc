#include "edge/sse/sse_transport.h"

#include <algorithm>
#include <cerrno>
#include <random>
#include <utility>

#include "broker/base/close_code.h"

namespace hookcast::edge {
namespace {

using hooks::ClosedBy;
using hooks::CloseDetails;

// For the rest of a stream to go out.
constexpr Duration kFinishTime = std::chrono::seconds(5);
// For a client to end its side behind the end of the stream.
constexpr Duration kLingerTime = std::chrono::seconds(1);

constexpr uint32_t kMostSwallowed = 64 * 1024;

// From `least` to `most`, both included.
Duration Between(Duration least, Duration most) {
  thread_local std::minstd_rand generator(std::random_device{}());
  return Duration(
      std::uniform_int_distribution<Duration::rep>(least.count(), most.count())(generator));
}

}  // namespace

SseTransport::SseTransport(Shard* shard, TransportListener* listener, Socket socket,
                           const SseOptions& options)
    : shard_(shard),
      listener_(listener),
      form_(options.form),
      keeps_history_(options.keeps_history),
      out_(shard, this, std::move(socket), options.slow_peer, options.max_queue_bytes),
      last_sent_(shard->reactor().Now()),
      last_look_(last_sent_),
      ends_at_(TimePoint::max()),
      timer_(Timer::For<&SseTransport::OnTimer>(this)) {}

SseTransport::~SseTransport() {
  shard_->reactor().Forget(this);
  if (out_.socket().open()) shard_->reactor().poller().Remove(out_.socket().fd(), this);
}

void SseTransport::Start(std::string_view head, const PeerId& peer, std::string_view secret) {
  watched_ = EPOLLIN;
  out_.PushOwn(Bytes::Copy(head));
  out_.PushOwn(OpenEvent(peer.ToString(), secret, RetryMs(), form_));
  if (!shard_->reactor().poller().Add(out_.socket().fd(), watched_, this)) out_.Break();
  const Duration age = shard_->config().sse.max_age;
  if (age > Duration::zero()) ends_at_ = last_sent_ + Between(age * 4 / 5, age);
  ScheduleNext();
}

// ---- Out ---------------------------------------------------------------------------------------

bool SseTransport::Deliver(const pubsub::Message& message) {
  return TakesEvents() && HasForm(message.data) && Push(EventOf(message, form_));
}

bool SseTransport::Send(const pubsub::Data& data) {
  if (!TakesEvents() || !HasForm(data)) return false;
  const bool has_id = data.event != nullptr && !data.event->id.empty();
  if (!has_id || !keeps_history_) return Push(EventOf(data, "", form_));
  const std::string position = listener_->ResumeId();
  if (!position.empty()) return Push(EventOf(data, position, form_));
  // An id of the application's alone would take the place of the position that the client holds.
  pubsub::Data without = data;
  auto fields = std::make_shared<pubsub::EventFields>(*data.event);
  fields->id.clear();
  without.event = std::move(fields);
  without.forms = nullptr;
  return Push(EventOf(without, "", form_));
}

bool SseTransport::Recall(const pubsub::Message& message) {
  return TakesEvents() && HasForm(message.data) &&
         Push(EventRecalling(message, listener_->ResumeId(), form_));
}

void SseTransport::TellPosition() {
  if (state_ != State::kOpen) return;
  const std::string id = listener_->ResumeId();
  if (!id.empty()) out_.PushOwn(PositionBlock(id, form_));
}

bool SseTransport::TellGap(std::optional<uint64_t> lost) {
  if (state_ == State::kOpen) out_.PushOwn(GapEvent(lost, form_));
  return true;
}

bool SseTransport::TakesEvents() {
  if (state_ == State::kOpen && !out_.broken()) return true;
  shard_->metrics().dropped.Add(metrics::Drop::kPeerClosing);
  return false;
}

bool SseTransport::HasForm(const pubsub::Data& data) {
  if (data.kind == pubsub::DataKind::kText || !form_.binary_event.empty()) return true;
  shard_->metrics().dropped.Add(metrics::Drop::kBinaryEvent);
  return false;
}

bool SseTransport::Push(Bytes event) {
  switch (out_.Push(std::move(event))) {
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

int64_t SseTransport::RetryMs() const {
  const Duration retry = shard_->config().sse.retry;
  return std::chrono::ceil<std::chrono::milliseconds>(Between(retry / 2, retry * 3 / 2)).count();
}

void SseTransport::Flush() {
  const uint64_t before = out_.written();
  const Outbound::Flushed flushed = out_.Flush(state_ != State::kOpen);
  if (out_.written() != before) last_sent_ = shard_->reactor().flush_time();
  if (out_.broken()) return OnLost("the connection broke");
  if (flushed.caught_up) {
    if (flushed.lost > 0) TellGap(flushed.lost);
    listener_->OnDrained(out_.queue().cost());
  }
  if (flushed.has_space && state_ == State::kOpen) listener_->OnSpace();
  if (out_.empty() && state_ == State::kFinishing) {
    ending_->was_clean = true;
    Tell(*ending_);
    return Linger();
  }
  Watch();
}

// ---- In ----------------------------------------------------------------------------------------

void SseTransport::OnReady(uint32_t events) {
  if ((events & EPOLLOUT) != 0) out_.OnWritable();
  if ((events & (EPOLLIN | EPOLLHUP | EPOLLERR)) != 0) Read();
}

// What a client sends behind its request is of no meaning: only its end is. No more of it is read
// than a request that was meant for another stream may have.
void SseTransport::Read() {
  const std::span<char> buffer = shard_->reactor().read_buffer();
  const ssize_t n = out_.socket().Read(buffer.data(), buffer.size());
  if (n < 0 && (errno == EAGAIN || errno == EWOULDBLOCK)) return;
  if (n > 0) {
    shard_->metrics().bytes_received.Add(static_cast<uint64_t>(n));
    swallowed_ += static_cast<uint32_t>(n);
    if (swallowed_ <= kMostSwallowed || ending_ != nullptr) return;
    ending_ = std::make_unique<CloseDetails>(CloseDetails{
        kClosePolicyViolation, "the client sent data behind its request", ClosedBy::kNode, false});
    return OnLost("");
  }
  if (n < 0) return OnLost("the connection broke");
  if (state_ == State::kOpen && ending_ == nullptr) {
    ending_ = std::make_unique<CloseDetails>(
        CloseDetails{kCloseNoStatus, "", ClosedBy::kClient, out_.empty()});
  }
  OnLost("");
}

// ---- The end -----------------------------------------------------------------------------------

void SseTransport::Close(uint16_t code, std::string_view reason, ClosedBy by) {
  if (state_ != State::kOpen || out_.broken()) return;
  if (const uint64_t lost = out_.EndGap(); lost > 0) TellGap(lost);
  // Browsers come back by themselves whatever is said; those that the node sends away shall not
  // come all at once.
  const bool by_node = by == ClosedBy::kNode;
  out_.PushOwn(CloseEvent(code, reason, by_node ? std::optional(RetryMs()) : std::nullopt, form_));
  if (form_.chunked) out_.PushOwn(LastChunk());
  ending_ = std::make_unique<CloseDetails>(CloseDetails{code, std::string(reason), by, false});
  state_ = State::kFinishing;
  shard_->reactor().Schedule(&timer_, kFinishTime);
}

void SseTransport::Terminate(ClosedBy by) {
  if (out_.broken() || state_ >= State::kLingering) return;
  out_.Break();
  ending_ = std::make_unique<CloseDetails>(CloseDetails{kCloseAbnormal, "terminated", by, false});
  shard_->reactor().FlushLater(this);
}

// End of file, reset, silence, or an order to terminate.
void SseTransport::OnLost(std::string_view why) {
  out_.Break();
  // Nothing reaches the client any more: the listener is told in its place.
  if (const uint64_t lost = out_.EndGap(); lost > 0 && !told_) listener_->OnGap(lost);
  if (ending_ != nullptr) {
    Tell(*ending_);
  } else {
    Tell({kCloseAbnormal, std::string(why), ClosedBy::kNetwork, false});
  }
  Release();
}

void SseTransport::Tell(CloseDetails details) {
  if (std::exchange(told_, true)) return;
  listener_->OnClosed(std::move(details));
}

// A reset would destroy what is on its way to the client.
void SseTransport::Linger() {
  state_ = State::kLingering;
  out_.socket().ShutdownWrite();
  shard_->reactor().Schedule(&timer_, kLingerTime);
  Watch();
}

void SseTransport::Release() {
  if (state_ == State::kReleased) return;
  state_ = State::kReleased;
  timer_.Cancel();
  shard_->reactor().Forget(this);
  shard_->reactor().poller().Remove(out_.socket().fd(), this);
  out_.Close();
  listener_->OnReleased();
}

// ---- Readiness and time ------------------------------------------------------------------------

void SseTransport::Watch() {
  if (state_ == State::kReleased) return;
  const uint32_t wanted = EPOLLIN | (out_.stuck() ? EPOLLOUT : 0u);
  if (wanted == watched_) return;
  watched_ = wanted;
  shard_->reactor().poller().Modify(out_.socket().fd(), wanted, this);
}

void SseTransport::ScheduleNext() {
  const Duration keepalive = shard_->config().sse.keepalive;
  const TimePoint now = shard_->reactor().Now();
  const TimePoint silent = keepalive > Duration::zero() ? last_sent_ + keepalive : TimePoint::max();
  const TimePoint next = std::min(silent, ends_at_);
  if (next == TimePoint::max()) return;
  shard_->reactor().Schedule(&timer_, std::max(next - now, Duration::zero()));
}

void SseTransport::OnTimer() {
  metrics::Catalogue& metrics = shard_->metrics();
  if (state_ == State::kFinishing) metrics.close_timeouts.Add();
  if (state_ != State::kOpen) return OnLost("");
  const TimePoint now = shard_->reactor().Now();
  if (now >= ends_at_) {
    metrics.aged_out.Add();
    return Close(kCloseServiceRestart, "the stream has reached its maximum age", ClosedBy::kNode);
  }
  const Duration keepalive = shard_->config().sse.keepalive;
  if (keepalive == Duration::zero()) return ScheduleNext();
  // What was outstanding is looked at again after an interval, however often something is sent.
  const bool due = now - last_look_ >= keepalive;
  if (due && outstanding_ && out_.Acknowledged() == acknowledged_) {
    metrics.keepalive_timeouts.Add();
    return OnLost("the client acknowledged nothing any more");
  }
  if (now - last_sent_ >= keepalive) {
    last_sent_ = now;  // or would be, if the socket took it
    // While the peer is behind, its position stands in front of what it will be told that it lost.
    if (out_.empty() && !out_.behind()) {
      metrics.keepalives_sent.Add();
      const std::string id = listener_->ResumeId();
      out_.PushOwn(id.empty() ? KeepaliveComment(form_) : PositionBlock(id, form_));
      out_.Write();
    }
  }
  if (due || !outstanding_) {
    last_look_ = now;
    acknowledged_ = out_.Acknowledged();
    outstanding_ = out_.Unacknowledged() != 0;
  }
  ScheduleNext();
}

}  // namespace hookcast::edge
