#include "broker/control/peer_info.h"

#include "broker/hooks/proto_codec.h"

namespace hookcast::control {

google::protobuf::Timestamp ToTimestamp(std::chrono::system_clock::time_point time) {
  const auto since_epoch = time.time_since_epoch();
  const auto seconds = std::chrono::floor<std::chrono::seconds>(since_epoch);
  google::protobuf::Timestamp timestamp;
  timestamp.set_seconds(seconds.count());
  timestamp.set_nanos(static_cast<int32_t>(
      std::chrono::duration_cast<std::chrono::nanoseconds>(since_epoch - seconds).count()));
  return timestamp;
}

v1::PeerInfo Describe(const pubsub::Peer& peer, const std::string& node) {
  v1::PeerInfo info;
  hooks::ToProto(peer, peer.membership().Topics(), info.mutable_peer());
  *info.mutable_connected_at() = ToTimestamp(peer.facts().connected_at);
  info.set_node(node);
  const pubsub::PeerCounts counts = peer.counts();
  info.set_queued_bytes(counts.queued_bytes);
  info.set_received_messages(counts.received_messages);
  info.set_sent_messages(counts.sent_messages);
  info.set_pending_hooks(counts.pending_hooks);
  return info;
}

}  // namespace hookcast::control
