#pragma once

#include <memory>
#include <optional>

#include "broker/backplane/memory/memory_history.h"
#include "broker/base/mutex.h"
#include "broker/pubsub/backplane.h"
#include "broker/pubsub/receiver_gate.h"

namespace hookcast::backplane {

// The backplane of a node that stands alone: what is published is received at once, by itself.
//
// Thread: any, as Backplane says.
class MemoryBackplane final : public pubsub::Backplane {
 public:
  // Without limits_of no namespace keeps a history, and a publish pays nothing for it.
  explicit MemoryBackplane(MemoryHistory::Settings history = {}) {
    if (history.limits_of != nullptr) history_.emplace(std::move(history));
  }

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
  pubsub::ReceiverGate gate_;
  Mutex announcing_;
  pubsub::AnnouncedCallback announced_ HOOKCAST_GUARDED_BY(announcing_);
  std::optional<MemoryHistory> history_;  // none where no namespace keeps one
};

}  // namespace hookcast::backplane
