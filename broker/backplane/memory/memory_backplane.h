#pragma once

#include <atomic>

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
  std::atomic<pubsub::Receiver*> receiver_{nullptr};
};

}  // namespace hookcast::backplane
