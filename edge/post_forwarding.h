#pragma once

#include <cstdint>
#include <functional>
#include <string>

#include "absl/functional/any_invocable.h"
#include "broker/base/ids.h"
#include "broker/pubsub/message.h"

namespace hookcast::edge {

// A message that a client posted here, of a peer that another node holds. That node checks the
// secret.
struct ForwardedPost {
  PeerId peer;
  std::string secret;
  std::string path;
  pubsub::DataKind kind = pubsub::DataKind::kText;
  std::string payload;
};

// What became of one.
enum class PostOutcome : uint8_t {
  kTaken,
  kUnknown,  // no such peer there, or not its secret, or not its path
  kTooLarge,
  kTooMuch,      // more than the peer may send
  kUnreachable,  // its node did not answer, and may have taken it
  kTooMany,      // so many are under way that it was not forwarded
};

// How posts reach the peers of other nodes. Without functions there are no other nodes.
//
// Thread: any.
struct PostForwarding {
  enum class Holder : uint8_t {
    kHere,
    kElsewhere,
    kGone,
    kNotKnown,  // whether it is gone: this node does not hear the others now
  };
  std::function<Holder(Incarnation)> holder_of;
  // `done` is called once, on any thread. REQUIRES: holder_of said kElsewhere.
  std::function<void(ForwardedPost post, absl::AnyInvocable<void(PostOutcome)> done)> forward;
};

}  // namespace hookcast::edge
