#pragma once

#include <chrono>
#include <condition_variable>
#include <cstdint>
#include <mutex>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "absl/functional/any_invocable.h"
#include "broker/pubsub/backplane.h"

namespace hookcast::fakes {

// A receiver that keeps what arrives and answers with a fixed number of peers: at once, or when the
// test says so.
//
// Thread: any.
class RecordingReceiver final : public pubsub::Receiver {
 public:
  // What `delivered` gets.
  explicit RecordingReceiver(uint64_t peers = 1) : peers_(peers) {}

  // From here on callbacks are kept until Release, which calls those kept so far, on its own
  // thread.
  void Hold();
  void Release();

  // In the order of arrival.
  std::vector<pubsub::MessageRef> messages() const;
  size_t count() const;
  // What was missed, each as "ns 3" or "ns ?", in the order in which it was told; and how many
  // messages had arrived before each.
  struct Gap {
    std::string what;
    size_t behind = 0;
  };
  std::vector<Gap> gaps() const;
  bool AwaitGaps(size_t count, std::chrono::milliseconds within = std::chrono::seconds(10)) const;
  // True as soon as `count` messages have arrived; false where they did not within the time.
  bool AwaitCount(size_t count, std::chrono::milliseconds within = std::chrono::seconds(10)) const;

  void Receive(pubsub::MessageRef message, pubsub::DeliveredCallback delivered) override;
  Rest Line(pubsub::MessageRef message, pubsub::DeliveredCallback delivered) override;
  void ReceiveRemote(pubsub::MessageRef message) override;
  void Missed(std::string_view ns, std::optional<uint64_t> lost) override;

 private:
  const uint64_t peers_;
  mutable std::mutex mutex_;
  mutable std::condition_variable arrived_;
  bool holding_ = false;
  std::vector<pubsub::MessageRef> messages_;
  std::vector<pubsub::DeliveredCallback> held_;
  std::vector<Gap> gaps_;

  void Answer(pubsub::DeliveredCallback delivered);
};

}  // namespace hookcast::fakes
