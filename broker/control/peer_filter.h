#pragma once

#include <optional>
#include <string>

#include "absl/functional/function_ref.h"
#include "absl/status/statusor.h"
#include "broker/pubsub/hub.h"
#include "broker/pubsub/peer.h"
#include "hookcast/v1/broker.pb.h"

namespace hookcast::control {

// Which peers of a hub a request is for: all that match each of the fields it sets.
//
// Thread: immutable; Visit on the hub's shard.
class PeerFilter {
 public:
  // INVALID_ARGUMENT for a namespace or topic against the limits.
  static absl::StatusOr<PeerFilter> Read(const v1::PeerFilter& filter);

  // Calls `visit` for each peer that matches, in no particular order. REQUIRES: visit does not
  // change the hub.
  void Visit(const pubsub::Hub& hub, absl::FunctionRef<void(pubsub::Peer*)> visit) const;

 private:
  PeerFilter() = default;

  std::optional<std::string> ns_;
  std::string topic_;
  std::string path_;
  std::string route_;
};

}  // namespace hookcast::control
