#include "tests/fakes/recording_backplane.h"

#include <utility>

namespace hookcast::fakes {

void RecordingBackplane::Answer(absl::Status status, uint64_t local_count) {
  const std::lock_guard lock(mutex_);
  status_ = std::move(status);
  local_count_ = local_count;
}

std::vector<std::string> RecordingBackplane::interest() const {
  const std::lock_guard lock(mutex_);
  return interest_;
}

std::vector<pubsub::MessageRef> RecordingBackplane::published() const {
  const std::lock_guard lock(mutex_);
  return published_;
}

void RecordingBackplane::Start(pubsub::Receiver*, pubsub::AnnouncedCallback) {}
void RecordingBackplane::Stop() {}

void RecordingBackplane::Publish(std::shared_ptr<pubsub::Message> message,
                                 pubsub::TakenCallback taken) {
  absl::Status status;
  uint64_t local_count = 0;
  {
    const std::lock_guard lock(mutex_);
    published_.push_back(std::move(message));
    status = status_;
    local_count = local_count_;
  }
  if (taken != nullptr) taken(std::move(status), local_count);
}

void RecordingBackplane::Subscribe(std::string_view ns) {
  const std::lock_guard lock(mutex_);
  interest_.push_back("+" + std::string(ns));
}

void RecordingBackplane::Unsubscribe(std::string_view ns) {
  const std::lock_guard lock(mutex_);
  interest_.push_back("-" + std::string(ns));
}

void RecordingBackplane::KeepHistory(pubsub::Position head) {
  const std::lock_guard lock(mutex_);
  head_ = head;
}

void RecordingBackplane::LeaveHeadsUnanswered() {
  const std::lock_guard lock(mutex_);
  answers_heads_ = false;
}

bool RecordingBackplane::KeepsHistory(std::string_view) const {
  const std::lock_guard lock(mutex_);
  return head_.has_value();
}

void RecordingBackplane::ReadHistory(pubsub::HistoryQuery, pubsub::HistoryCallback done) {
  done(absl::UnavailableError("this backplane holds nothing"));
}

void RecordingBackplane::ReadHead(std::string_view, pubsub::HeadCallback done) {
  std::optional<pubsub::Position> head;
  {
    const std::lock_guard lock(mutex_);
    if (!answers_heads_) return;
    head = head_;
  }
  if (!head) return done(absl::FailedPreconditionError("no history is kept"));
  done(*head);
}

void RecordingBackplane::HoldHeard() {
  const std::lock_guard lock(mutex_);
  holds_heard_ = true;
}

void RecordingBackplane::Hear(bool heard) {
  std::vector<pubsub::HeardCallback> asking;
  {
    const std::lock_guard lock(mutex_);
    asking.swap(asking_);
    holds_heard_ = !heard;
  }
  for (pubsub::HeardCallback& done : asking) done(heard);
}

size_t RecordingBackplane::asked_for_heard() const {
  const std::lock_guard lock(mutex_);
  return asking_.size();
}

bool RecordingBackplane::Hears(std::string_view) const {
  const std::lock_guard lock(mutex_);
  return !holds_heard_;
}

void RecordingBackplane::AwaitHeard(std::string_view, pubsub::HeardCallback done) {
  {
    const std::lock_guard lock(mutex_);
    if (holds_heard_) return asking_.push_back(std::move(done));
  }
  done(true);
}

void RecordingBackplane::Announce(std::string) {}

absl::Status RecordingBackplane::Health() const { return absl::OkStatus(); }

}  // namespace hookcast::fakes
