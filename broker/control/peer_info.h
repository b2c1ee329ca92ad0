#pragma once

#include <chrono>
#include <string>

#include <google/protobuf/timestamp.pb.h>

#include "broker/pubsub/peer.h"
#include "hookcast/v1/types.pb.h"

namespace hookcast::control {

google::protobuf::Timestamp ToTimestamp(std::chrono::system_clock::time_point time);

// A peer as lists show it, without its request; `node` holds it. On the peer's shard.
v1::PeerInfo Describe(const pubsub::Peer& peer, const std::string& node);

}  // namespace hookcast::control
