#pragma once

#include <cstdint>
#include <memory>
#include <mutex>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "absl/status/status.h"
#include "broker/pubsub/backplane.h"

namespace hookcast::fakes {

// A backplane that carries nothing: it keeps what it is told and answers each publish at once, as
// the test wants it.
//
// Thread: any.
class RecordingBackplane final : public pubsub::Backplane {
 public:
  // What each publish is answered from here on.
  void Answer(absl::Status status, uint64_t local_count);

  // From here on each namespace seems to keep a history whose head is this.
  void KeepHistory(pubsub::Position head);
  // From here on nobody is answered who asks for a head, against what the seam says.
  void LeaveHeadsUnanswered();

  // From here on nothing is heard until Hear says so; before, everything.
  void HoldHeard();
  // Answers all who await that a namespace is heard.
  void Hear(bool heard);
  size_t asked_for_heard() const;

  // "+ns" for a Subscribe, "-ns" for an Unsubscribe, in the order of the calls.
  std::vector<std::string> interest() const;
  std::vector<pubsub::MessageRef> published() const;

  void Start(pubsub::Receiver* receiver, pubsub::AnnouncedCallback announced) override;
  void Stop() override;
  void Publish(std::shared_ptr<pubsub::Message> message, pubsub::TakenCallback taken) override;
  bool KeepsHistory(std::string_view ns) const override;
  void ReadHistory(pubsub::HistoryQuery query, pubsub::HistoryCallback done) override;
  void ReadHead(std::string_view ns, pubsub::HeadCallback done) override;
  void Subscribe(std::string_view ns) override;
  void Unsubscribe(std::string_view ns) override;
  bool Hears(std::string_view ns) const override;
  void AwaitHeard(std::string_view ns, pubsub::HeardCallback done) override;
  void Announce(std::string bytes) override;
  absl::Status Health() const override;

 private:
  mutable std::mutex mutex_;
  absl::Status status_;
  uint64_t local_count_ = 0;
  std::optional<pubsub::Position> head_;
  bool answers_heads_ = true;
  bool holds_heard_ = false;
  std::vector<pubsub::HeardCallback> asking_;
  std::vector<std::string> interest_;
  std::vector<pubsub::MessageRef> published_;
};

}  // namespace hookcast::fakes
