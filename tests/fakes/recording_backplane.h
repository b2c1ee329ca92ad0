#pragma once

#include <cstdint>
#include <mutex>
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

  // "+ns" for a Subscribe, "-ns" for an Unsubscribe, in the order of the calls.
  std::vector<std::string> interest() const;
  std::vector<pubsub::MessageRef> published() const;

  void Start(pubsub::Receiver* receiver) override;
  void Stop() override;
  void Publish(pubsub::MessageRef message, pubsub::TakenCallback taken) override;
  void Subscribe(std::string_view ns) override;
  void Unsubscribe(std::string_view ns) override;
  absl::Status Health() const override;

 private:
  mutable std::mutex mutex_;
  absl::Status status_;
  uint64_t local_count_ = 0;
  std::vector<std::string> interest_;
  std::vector<pubsub::MessageRef> published_;
};

}  // namespace hookcast::fakes
