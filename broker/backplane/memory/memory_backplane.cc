#include "broker/backplane/memory/memory_backplane.h"

#include <utility>

#include "broker/pubsub/published.h"

namespace hookcast::backplane {

void MemoryBackplane::Start(pubsub::Receiver* receiver, pubsub::AnnouncedCallback announced) {
  {
    const MutexLock lock(&announcing_);
    announced_ = std::move(announced);
  }
  gate_.Open(receiver);
}

void MemoryBackplane::Stop() { gate_.Close(); }

void MemoryBackplane::Publish(std::shared_ptr<pubsub::Message> message,
                              pubsub::TakenCallback taken) {
  const pubsub::ReceiverGate::Visit receiver = gate_.Enter();
  if (!receiver) {
    if (taken != nullptr) taken(pubsub::NotTaken("the node takes no messages now"), 0);
    return;
  }
  if (message->delivered_here) {
    if (taken != nullptr) taken(absl::OkStatus(), 0);  // and there are no other nodes
    return;
  }
  pubsub::DeliveredCallback delivered;
  if (taken != nullptr) {
    delivered = [taken = std::move(taken)](uint64_t count) mutable {
      taken(absl::OkStatus(), count);
    };
  }
  const pubsub::HistoryLimits limits =
      history_ ? history_->LimitsOf(message->ns) : pubsub::HistoryLimits();
  if (!limits.kept()) {
    return receiver->Receive(std::move(message), std::move(delivered));
  }
  pubsub::Receiver::Rest rest;
  history_->Append(message, limits, [&] { rest = receiver->Line(message, std::move(delivered)); });
  rest();
}

bool MemoryBackplane::KeepsHistory(std::string_view ns) const {
  return history_ && history_->LimitsOf(ns).kept();
}

void MemoryBackplane::ReadHistory(pubsub::HistoryQuery query, pubsub::HistoryCallback done) {
  if (!history_) return done(MemoryHistory::NotKept());
  done(history_->Read(query));
}

void MemoryBackplane::ReadHead(std::string_view ns, pubsub::HeadCallback done) {
  if (!history_) return done(MemoryHistory::NotKept());
  done(history_->Head(ns));
}

// There are no other nodes to hear, so there is nothing to subscribe to; but a position that this
// node's peers hold shall not come to mean nothing while they are here.
void MemoryBackplane::Subscribe(std::string_view ns) {
  if (KeepsHistory(ns)) history_->Want(ns);
}

void MemoryBackplane::Unsubscribe(std::string_view ns) {
  if (KeepsHistory(ns)) history_->Unwant(ns);
}

bool MemoryBackplane::Hears(std::string_view) const { return gate_.open(); }

void MemoryBackplane::AwaitHeard(std::string_view ns, pubsub::HeardCallback done) {
  done(Hears(ns));
}

void MemoryBackplane::Announce(std::string bytes) {
  const pubsub::ReceiverGate::Visit started = gate_.Enter();
  if (!started) return;
  const MutexLock lock(&announcing_);
  if (announced_ != nullptr) announced_(bytes);
}

absl::Status MemoryBackplane::Health() const {
  if (!gate_.open()) return absl::UnavailableError("the backplane is not started");
  return absl::OkStatus();
}

}  // namespace hookcast::backplane
