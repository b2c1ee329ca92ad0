#pragma once

#include <memory>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

#include "absl/status/status.h"
#include "broker/backplane/memory/memory_backplane.h"
#include "broker/pubsub/backplane.h"

namespace hookcast::fakes {

// A node's own part of a backplane, real, whose link to other nodes is as the test says.
//
// Thread: one.
class CutOffBackplane final : public pubsub::Backplane {
 public:
  explicit CutOffBackplane(backplane::MemoryHistory::Settings history) : own_(std::move(history)) {}

  // From here on no namespace is heard, and who asks for one waits, until Hear.
  void CutOff() { cut_off_ = true; }
  // Answers all who wait; from here on everything is heard, or nothing still.
  void Hear(bool heard);
  size_t waiting() const { return waiting_.size(); }
  // From here on publishes reach this node's own peers, and end so.
  void TakePublishesWith(absl::Status status) { taken_ = std::move(status); }

  void Start(pubsub::Receiver* receiver, pubsub::AnnouncedCallback announced) override {
    own_.Start(receiver, std::move(announced));
  }
  void Stop() override { own_.Stop(); }
  void Publish(std::shared_ptr<pubsub::Message> message, pubsub::TakenCallback taken) override;
  bool KeepsHistory(std::string_view ns) const override { return own_.KeepsHistory(ns); }
  void ReadHistory(pubsub::HistoryQuery query, pubsub::HistoryCallback done) override {
    own_.ReadHistory(std::move(query), std::move(done));
  }
  void ReadHead(std::string_view ns, pubsub::HeadCallback done) override {
    own_.ReadHead(ns, std::move(done));
  }
  void Subscribe(std::string_view ns) override { own_.Subscribe(ns); }
  void Unsubscribe(std::string_view ns) override { own_.Unsubscribe(ns); }
  bool Hears(std::string_view) const override { return !cut_off_; }
  void AwaitHeard(std::string_view ns, pubsub::HeardCallback done) override;
  void Announce(std::string bytes) override { own_.Announce(std::move(bytes)); }
  absl::Status Health() const override { return own_.Health(); }

 private:
  backplane::MemoryBackplane own_;
  bool cut_off_ = false;
  absl::Status taken_;
  std::vector<pubsub::HeardCallback> waiting_;
};

}  // namespace hookcast::fakes
