#pragma once

#include <cstdint>
#include <optional>
#include <string>
#include <string_view>

#include "broker/pubsub/peer.h"

namespace hookcast::bench {

// The cheapest peer there can be: what is measured with it is the broker's part alone.
class CountingPeer : public pubsub::Peer {
 public:
  explicit CountingPeer(PeerId id) : Peer(id, 128) {}

  bool Deliver(const pubsub::Message&) override {
    ++delivered_;
    return true;
  }
  bool Send(const pubsub::Data&) override { return true; }
  void ReplayTopic(std::string_view, pubsub::Position) override {}
  void OnUnsubscribed(std::string_view) override {}
  void Close(uint16_t, std::string_view) override {}
  void Terminate() override {}
  void OnMissed(std::optional<uint64_t>) override {}
  const pubsub::PeerFacts& facts() const override { return facts_; }
  const std::string& context() const override { return context_; }
  pubsub::PeerCounts counts() const override { return {}; }

 protected:
  uint64_t delivered_ = 0;
  pubsub::PeerFacts facts_;
  std::string context_;
};

// A peer that also takes a share in the frame, as one with a queue does.
class SharingPeer final : public CountingPeer {
 public:
  using CountingPeer::CountingPeer;

  bool Deliver(const pubsub::Message& message) override {
    ++delivered_;
    frame_ = message.EncodedAs(pubsub::WireFormat::kWebSocket,
                               [](const pubsub::Message& message) { return message.data.payload; });
    return true;
  }

 private:
  Bytes frame_;
};

}  // namespace hookcast::bench
