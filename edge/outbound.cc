#include "edge/outbound.h"

#include <linux/sockios.h>
#include <sys/ioctl.h>

#include <cerrno>
#include <utility>

namespace hookcast::edge {
namespace {

constexpr size_t kGather = 64;

}  // namespace

Outbound::Outbound(Shard* shard, Flushable* transport, Socket socket, config::SlowPeer policy,
                   size_t max_bytes)
    : shard_(shard),
      transport_(transport),
      socket_(std::move(socket)),
      limit_(policy, max_bytes, &shard->metrics()) {}

Outbound::~Outbound() { CountQueued(0); }

Outbound::Pushed Outbound::Push(Bytes frame) {
  if (!limit_.Fits(frame, queue_)) {
    if (limit_.Skips(frame)) return Pushed::kDropped;
    if (!MakeSpace(frame)) {
      if (broken_) return Pushed::kBroken;
      switch (limit_.Overflow(frame, &queue_)) {
        case QueueLimit::Answer::kPush:
          break;
        case QueueLimit::Answer::kDrop:
          return Pushed::kDropped;
        case QueueLimit::Answer::kClose:
          return Pushed::kTooSlow;
      }
    }
  }
  PushOwn(std::move(frame));
  return Pushed::kQueued;
}

// One turn may queue more than the limit for a peer whose socket would take it; and one that was
// full may have room again, though nobody has told yet.
bool Outbound::MakeSpace(const Bytes& frame) {
  stuck_ = false;
  const size_t before = queue_.bytes();
  Write();
  if (queue_.bytes() < before) took_again_ = true;
  shard_->reactor().FlushLater(transport_);
  return !broken_ && limit_.Fits(frame, queue_);
}

void Outbound::PushOwn(Bytes frame) {
  queue_.Push(std::move(frame));
  shard_->reactor().FlushLater(transport_);
}

void Outbound::Write() {
  iovec vectors[kGather];
  while (!queue_.empty() && !stuck_ && !broken_) {
    size_t count = 1;
    if (JoinedFrames::Suits(queue_)) {
      const std::string_view joined = shard_->reactor().joined_frames().Join(queue_);
      vectors[0] = {const_cast<char*>(joined.data()), joined.size()};
    } else {
      count = queue_.Gather(vectors, kGather);
    }
    size_t size = 0;
    for (size_t i = 0; i < count; ++i) size += vectors[i].iov_len;
    const ssize_t n = socket_.Write(vectors, count);
    if (n < 0) {
      stuck_ = errno == EAGAIN || errno == EWOULDBLOCK;
      broken_ = !stuck_;
      return;
    }
    queue_.Consume(static_cast<size_t>(n));
    written_ += static_cast<uint64_t>(n);
    shard_->metrics().bytes_sent.Add(static_cast<uint64_t>(n));
    stuck_ = static_cast<size_t>(n) < size;
  }
}

Outbound::Flushed Outbound::Flush(bool closing) {
  const bool taking = !stuck_;
  Write();
  CountQueued(queue_.cost());
  Flushed flushed;
  if (broken_ || closing) return flushed;
  if (const std::optional<uint64_t> lost = limit_.Settle(queue_, taking)) {
    flushed.caught_up = true;
    flushed.lost = *lost;
  }
  // A peer that is behind would be given nothing, whatever there is space for.
  if (awaits_space_ && !limit_.behind() && queue_.cost() <= space_at_) {
    awaits_space_ = false;
    flushed.has_space = true;
  }
  return flushed;
}

void Outbound::OnWritable() {
  stuck_ = false;
  shard_->reactor().FlushLater(transport_);
}

uint32_t Outbound::Unacknowledged() const {
  int bytes = 0;
  return ioctl(socket_.fd(), SIOCOUTQ, &bytes) == 0 ? static_cast<uint32_t>(bytes) : 0;
}

void Outbound::AwaitSpace(size_t bytes) {
  awaits_space_ = true;
  space_at_ = bytes;
  shard_->reactor().FlushLater(transport_);
}

void Outbound::Condemn() {
  const size_t dropped =
      queue_.DropWaiting([](const Bytes&) { return OutboundQueue::Fate::kDrop; });
  shard_->metrics().dropped.Add(metrics::Drop::kSlowPeer, dropped + 1);
}

void Outbound::Close() {
  socket_.Close();
  queue_.Clear();
  CountQueued(0);
}

// What waits for longer than a turn; a healthy peer's frames never count.
void Outbound::CountQueued(size_t bytes) {
  if (bytes == counted_bytes_) return;
  shard_->metrics().queued_bytes.Add(static_cast<int64_t>(bytes) -
                                     static_cast<int64_t>(counted_bytes_));
  counted_bytes_ = bytes;
}

}  // namespace hookcast::edge
