#pragma once

#include <atomic>
#include <cstdint>

#include "broker/pubsub/backplane.h"

namespace hookcast::backplane {

// The backplane of a node that stands alone: what is published is received at once, by itself.
//
// Thread: any, as Backplane says.
class MemoryBackplane final : public pubsub::Backplane {
 public:
  void Start(pubsub::Receiver* receiver) override;
  void Stop() override;
  void Publish(pubsub::MessageRef message, pubsub::TakenCallback taken) override;
  void Subscribe(std::string_view ns) override;
  void Unsubscribe(std::string_view ns) override;
  absl::Status Health() const override;

 private:
  // The receiver, for one publish that ends with Leave; or null, and there is no Leave.
  pubsub::Receiver* Enter();
  void Leave();

  std::atomic<pubsub::Receiver*> receiver_{nullptr};
  // Publishes that have entered and not left; Stop waits for them.
  std::atomic<uint32_t> under_way_{0};
};

}  // namespace hookcast::backplane
