#include "broker/backplane/memory/memory_backplane.h"

#include <utility>

namespace hookcast::backplane {

void MemoryBackplane::Start(pubsub::Receiver* receiver) { receiver_ = receiver; }

void MemoryBackplane::Stop() { receiver_ = nullptr; }

void MemoryBackplane::Publish(pubsub::MessageRef message, pubsub::TakenCallback taken) {
  pubsub::Receiver* const receiver = receiver_.load(std::memory_order_acquire);
  if (receiver == nullptr) {
    if (taken != nullptr) taken(absl::UnavailableError("the node is stopping"), 0);
    return;
  }
  if (taken == nullptr) {
    receiver->Receive(std::move(message), nullptr);
    return;
  }
  receiver->Receive(std::move(message), [taken = std::move(taken)](uint64_t count) mutable {
    taken(absl::OkStatus(), count);
  });
}

// There are no other nodes to hear, so there is nothing to subscribe to.
void MemoryBackplane::Subscribe(std::string_view) {}
void MemoryBackplane::Unsubscribe(std::string_view) {}

absl::Status MemoryBackplane::Health() const {
  if (receiver_.load(std::memory_order_acquire) == nullptr) {
    return absl::UnavailableError("the backplane is not started");
  }
  return absl::OkStatus();
}

}  // namespace hookcast::backplane
