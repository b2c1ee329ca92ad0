#pragma once

#include "absl/functional/any_invocable.h"
#include "absl/status/status.h"
#include "broker/hooks/action.h"
#include "broker/pubsub/hub.h"
#include "broker/pubsub/publisher.h"

namespace hookcast::hooks {

// Carries out actions. The same for hook replies and for control calls.
//
// Thread: any; each call on the peer's shard.
class ActionExecutor {
 public:
  // The publisher outlives the executor.
  explicit ActionExecutor(pubsub::Publisher* publisher) : publisher_(publisher) {}

  // Carries out one action for a peer, before it returns. Once the peer has left the hub only
  // publish has an effect. INVALID_ARGUMENT or RESOURCE_EXHAUSTED say why an action was refused.
  //
  // `not_taken`, where not null, is called if the backplane does not take what is published, with
  // why, on any thread and maybe before this returns.
  using NotTaken = absl::AnyInvocable<void(absl::Status)>;
  absl::Status Execute(Action action, pubsub::Hub& hub, pubsub::Peer& peer,
                       NotTaken not_taken = nullptr) const;

 private:
  pubsub::Publisher* const publisher_;
};

}  // namespace hookcast::hooks
