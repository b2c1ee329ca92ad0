#include "tests/fakes/recording_peer.h"

namespace hookcast::fakes {

std::vector<std::string> RecordingPeer::Payloads() const {
  std::vector<std::string> payloads;
  payloads.reserve(deliveries_.size());
  for (const Delivery& delivery : deliveries_) payloads.emplace_back(delivery.payload.view());
  return payloads;
}

bool RecordingPeer::Deliver(const pubsub::Message& message) {
  if (!taking_) return false;
  deliveries_.push_back(
      {message.id, message.ns, message.topic, message.data.kind, message.data.payload});
  return true;
}

bool RecordingPeer::Send(const pubsub::Data& data) {
  if (!taking_) return false;
  sent_.push_back(data);
  return true;
}

void RecordingPeer::ReplayTopic(std::string_view topic, pubsub::Position since) {
  replays_.push_back(std::string(topic) + " since " + std::to_string(since.epoch) + "." +
                     std::to_string(since.sequence));
}

void RecordingPeer::OnUnsubscribed(std::string_view topic) {
  replays_.push_back("-" + std::string(topic));
}

void RecordingPeer::Close(uint16_t code, std::string_view reason) {
  closes_.push_back({code, std::string(reason)});
}

void RecordingPeer::Terminate() { ++terminations_; }

void RecordingPeer::OnMissed(std::optional<uint64_t> lost) { missed_.push_back(lost); }

pubsub::PeerCounts RecordingPeer::counts() const {
  return {.sent_messages = deliveries_.size() + sent_.size()};
}

}  // namespace hookcast::fakes
