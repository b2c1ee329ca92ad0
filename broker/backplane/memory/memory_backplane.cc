#include "broker/backplane/memory/memory_backplane.h"

#include <utility>

#include "broker/pubsub/published.h"

namespace hookcast::backplane {

void MemoryBackplane::Start(pubsub::Receiver* receiver, pubsub::AnnouncedCallback announced) {
  {
    const MutexLock lock(&announcing_);
    announced_ = std::move(announced);
  }
  receiver_ = receiver;
}

void MemoryBackplane::Stop() {
  receiver_ = nullptr;
  for (uint32_t left = under_way_; left != 0; left = under_way_) under_way_.wait(left);
}

// Either this sees that the receiver is gone, or Stop sees the publish: each side writes first and
// reads then, in one order that all threads agree on. The first look keeps those who come too late
// from holding Stop up.
pubsub::Receiver* MemoryBackplane::Enter() {
  if (receiver_ == nullptr) return nullptr;
  ++under_way_;
  pubsub::Receiver* const receiver = receiver_;
  if (receiver == nullptr) Leave();
  return receiver;
}

void MemoryBackplane::Leave() {
  if (--under_way_ == 0) under_way_.notify_all();
}

void MemoryBackplane::Publish(std::shared_ptr<pubsub::Message> message,
                              pubsub::TakenCallback taken) {
  pubsub::Receiver* const receiver = Enter();
  if (receiver == nullptr) {
    if (taken != nullptr) taken(pubsub::NotTaken("the node takes no messages now"), 0);
    return;
  }
  if (message->delivered_here) {
    if (taken != nullptr) taken(absl::OkStatus(), 0);  // and there are no other nodes
    return Leave();
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
    receiver->Receive(std::move(message), std::move(delivered));
    return Leave();
  }
  pubsub::Receiver::Rest rest;
  history_->Append(message, limits, [&] { rest = receiver->Line(message, std::move(delivered)); });
  rest();
  Leave();
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

bool MemoryBackplane::Hears(std::string_view) const {
  return receiver_.load(std::memory_order_acquire) != nullptr;
}

void MemoryBackplane::AwaitHeard(std::string_view ns, pubsub::HeardCallback done) {
  done(Hears(ns));
}

void MemoryBackplane::Announce(std::string bytes) {
  const MutexLock lock(&announcing_);
  if (announced_ != nullptr && receiver_ != nullptr) announced_(bytes);
}

absl::Status MemoryBackplane::Health() const {
  if (receiver_.load(std::memory_order_acquire) == nullptr) {
    return absl::UnavailableError("the backplane is not started");
  }
  return absl::OkStatus();
}

}  // namespace hookcast::backplane
