#include "tests/fakes/recording_receiver.h"

#include <utility>

namespace hookcast::fakes {

void RecordingReceiver::Hold() {
  const std::lock_guard lock(mutex_);
  holding_ = true;
}

void RecordingReceiver::Release() {
  std::vector<pubsub::DeliveredCallback> held;
  {
    const std::lock_guard lock(mutex_);
    holding_ = false;
    held.swap(held_);
  }
  for (auto& delivered : held) delivered(peers_);
}

std::vector<pubsub::MessageRef> RecordingReceiver::messages() const {
  const std::lock_guard lock(mutex_);
  return messages_;
}

size_t RecordingReceiver::count() const {
  const std::lock_guard lock(mutex_);
  return messages_.size();
}

bool RecordingReceiver::AwaitCount(size_t count, std::chrono::milliseconds within) const {
  std::unique_lock lock(mutex_);
  return arrived_.wait_for(lock, within, [&] { return messages_.size() >= count; });
}

void RecordingReceiver::Receive(pubsub::MessageRef message, pubsub::DeliveredCallback delivered) {
  Line(std::move(message), std::move(delivered))();
}

pubsub::Receiver::Rest RecordingReceiver::Line(pubsub::MessageRef message,
                                               pubsub::DeliveredCallback delivered) {
  const std::lock_guard lock(mutex_);
  messages_.push_back(std::move(message));
  arrived_.notify_all();
  return [this, delivered = std::move(delivered)]() mutable { Answer(std::move(delivered)); };
}

void RecordingReceiver::ReceiveRemote(pubsub::MessageRef message) {
  Line(std::move(message), nullptr)();
}

void RecordingReceiver::Missed(std::string_view ns, std::optional<uint64_t> lost) {
  const std::lock_guard lock(mutex_);
  gaps_.push_back({std::string(ns) + " " + (lost ? std::to_string(*lost) : "?"), messages_.size()});
  arrived_.notify_all();
}

std::vector<RecordingReceiver::Gap> RecordingReceiver::gaps() const {
  const std::lock_guard lock(mutex_);
  return gaps_;
}

bool RecordingReceiver::AwaitGaps(size_t count, std::chrono::milliseconds within) const {
  std::unique_lock lock(mutex_);
  return arrived_.wait_for(lock, within, [&] { return gaps_.size() >= count; });
}

void RecordingReceiver::Answer(pubsub::DeliveredCallback delivered) {
  if (delivered == nullptr) return;
  {
    const std::lock_guard lock(mutex_);
    if (holding_) {
      held_.push_back(std::move(delivered));
      return;
    }
  }
  // Outside the lock: it may publish again.
  delivered(peers_);
}

}  // namespace hookcast::fakes
