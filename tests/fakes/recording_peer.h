#pragma once

#include <cstdint>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "broker/pubsub/peer.h"

namespace hookcast::fakes {

// A peer that keeps what it is told, and takes everything until it is told not to.
//
// Thread: shard-affine, as every peer. A test that runs loops reads it after they have stopped, or
// from inside its loop.
class RecordingPeer final : public pubsub::Peer {
 public:
  struct Delivery {
    MessageId id;
    std::string ns;
    std::string topic;
    pubsub::DataKind kind = pubsub::DataKind::kText;
    Bytes payload;  // shared with the message
  };
  struct CloseCall {
    uint16_t code = 0;
    std::string reason;

    friend bool operator==(const CloseCall&, const CloseCall&) = default;
  };

  explicit RecordingPeer(PeerId id, uint32_t max_topics = 128) : Peer(id, max_topics) {}

  // From here on Deliver and Send are refused, and leave no trace.
  void TakeNoMore() { taking_ = false; }
  void set_context(std::string context) { context_ = std::move(context); }
  pubsub::PeerFacts& mutable_facts() { return facts_; }

  const std::vector<Delivery>& deliveries() const { return deliveries_; }
  // The payloads of all deliveries, in their order.
  std::vector<std::string> Payloads() const;
  const std::vector<pubsub::Data>& sent() const { return sent_; }
  const std::vector<CloseCall>& closes() const { return closes_; }
  int terminations() const { return terminations_; }
  // What it was told it missed, nullopt where nobody knows how many.
  const std::vector<std::optional<uint64_t>>& missed() const { return missed_; }
  // "topic since epoch.sequence", and "-topic" for each topic it was unsubscribed from.
  const std::vector<std::string>& replays() const { return replays_; }

  bool Deliver(const pubsub::Message& message) override;
  bool Send(const pubsub::Data& data) override;
  void ReplayTopic(std::string_view topic, pubsub::Position since) override;
  void OnUnsubscribed(std::string_view topic) override;
  void Close(uint16_t code, std::string_view reason) override;
  void Terminate() override;
  void OnMissed(std::optional<uint64_t> lost) override;
  const pubsub::PeerFacts& facts() const override { return facts_; }
  const std::string& context() const override { return context_; }
  pubsub::PeerCounts counts() const override;

 private:
  bool taking_ = true;
  std::string context_;
  pubsub::PeerFacts facts_;
  std::vector<Delivery> deliveries_;
  std::vector<pubsub::Data> sent_;
  std::vector<CloseCall> closes_;
  int terminations_ = 0;
  std::vector<std::string> replays_;
  std::vector<std::optional<uint64_t>> missed_;
};

}  // namespace hookcast::fakes
