#include "broker/control/watch_stream.h"

#include <utility>

#include "broker/control/grpc_status.h"
#include "broker/control/peer_info.h"
#include "broker/hooks/proto_codec.h"

namespace hookcast::control {

WatchStream* WatchStream::Begin(Handlers* handlers, const v1::WatchRequest& request) {
  absl::StatusOr<WatchFilter> filter = WatchFilter::Read(request);
  absl::Status status = filter.status();
  if (!filter.ok()) filter = WatchFilter::Read({});
  const pubsub::Watchers::Wants wants = filter->wants();
  std::shared_ptr<WatchStream> stream(new WatchStream(handlers, *std::move(filter)));
  stream->self_ = stream;
  if (status.ok()) status = handlers->watchers().Add(stream, wants);
  if (status.ok() && wants.messages && stream->filter_.ns()) {
    stream->Hear(*stream->filter_.ns());
  } else if (status.ok()) {
    stream->StartSendInitialMetadata();
  } else {
    stream->OnWriteDone(true);
    stream->End(ToGrpc(status));
  }
  return stream.get();
}

WatchStream::WatchStream(Handlers* handlers, WatchFilter filter)
    : handlers_(handlers),
      filter_(std::move(filter)),
      queue_(&handlers->watchers().metrics().watch_dropped) {}

// The headers count as a write: nothing ends the call before they are sent.
void WatchStream::Hear(const std::string& ns) {
  holds_ = true;
  handlers_->interest().Hold(ns);
  handlers_->interest().backplane().AwaitHeard(ns, [self = self_, ns](bool heard) {
    if (!heard) self->OnMissed(ns, std::nullopt);
    self->StartSendInitialMetadata();
  });
}

template <typename AddTo>
void WatchStream::Put(AddTo add) {
  {
    const MutexLock lock(&mutex_);
    if (ended_) return;
    add(queue_);
    if (writing_ || !queue_.Take(&event_)) return;
    writing_ = true;
  }
  StartWrite(&event_);
}

void WatchStream::OnMessage(const pubsub::MessageRef& message) {
  if (!filter_.Passes(*message)) return;
  Put([&](WatchQueue& queue) { queue.Add(message, handlers_->clock().WallNow()); });
}

void WatchStream::OnMissed(std::string_view ns, std::optional<uint64_t> lost) {
  if (!filter_.Passes(ns)) return;
  v1::WatchEvent event;
  event.mutable_missed()->set_namespace_(std::string(ns));
  if (lost) event.mutable_missed()->set_messages(*lost);
  Put([&](WatchQueue& queue) { queue.Add(std::move(event)); });
}

void WatchStream::OnOpened(const pubsub::Peer& peer) {
  if (!filter_.Passes(peer.facts().ns)) return;
  v1::WatchEvent event;
  *event.mutable_opened() = Describe(peer, handlers_->node());
  Put([&](WatchQueue& queue) { queue.Add(std::move(event)); });
}

void WatchStream::OnClosed(const pubsub::Peer& peer, const pubsub::CloseDetails& details) {
  if (!filter_.Passes(peer.facts().ns)) return;
  v1::WatchEvent event;
  v1::PeerClosed* const closed = event.mutable_closed();
  closed->set_peer(peer.id().ToString());
  closed->set_namespace_(peer.facts().ns);
  hooks::ToProto(details, closed->mutable_details());
  Put([&](WatchQueue& queue) { queue.Add(std::move(event)); });
}

void WatchStream::OnStopped() {
  End({grpc::StatusCode::UNAVAILABLE, "the node is stopping; watch another"});
}

void WatchStream::OnCancel() { End(grpc::Status::CANCELLED); }

// Whoever finds that it has ended and nothing is on its way finishes the call, as the last thing it
// does: OnDone may come before Finish returns.
void WatchStream::End(const grpc::Status& status) {
  {
    const MutexLock lock(&mutex_);
    if (std::exchange(ended_, true)) return;
    status_ = status;
    if (writing_) return;
  }
  Finish(status);
}

void WatchStream::OnWriteDone(bool ok) {
  grpc::Status status = grpc::Status::CANCELLED;
  bool finish = false;
  {
    const MutexLock lock(&mutex_);
    if (!ok && !ended_) {
      ended_ = true;
      status_ = status;
    }
    finish = ended_;
    status = status_;
    if (!finish && !queue_.Take(&event_)) writing_ = false;
    if (!finish && !writing_) return;
  }
  if (finish) return Finish(status);
  StartWrite(&event_);
}

void WatchStream::OnDone() {
  handlers_->watchers().Remove(this);
  if (holds_) handlers_->interest().Release(*filter_.ns());
  const std::shared_ptr<WatchStream> last = std::move(self_);
}

}  // namespace hookcast::control
