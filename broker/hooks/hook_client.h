#pragma once

#include "absl/functional/any_invocable.h"
#include "absl/status/statusor.h"
#include "broker/base/clock.h"
#include "broker/hooks/hook_event.h"
#include "broker/hooks/upgrade_verdict.h"
#include "broker/pubsub/peer.h"

namespace hookcast::hooks {

using UpgradeDone = absl::AnyInvocable<void(absl::StatusOr<UpgradeVerdict>)>;
using HookDone = absl::AnyInvocable<void(absl::StatusOr<HookReply>)>;

// Delivers events to whoever answers them. The seam between peers and applications: gRPC, static
// rules, and fakes in tests. It makes one attempt a call; repeating is its caller's business.
//
// Errors: UNIMPLEMENTED where this hook is not wanted, UNAVAILABLE where nobody could be asked,
// DEADLINE_EXCEEDED, RESOURCE_EXHAUSTED for a reply that is too large, INVALID_ARGUMENT for a reply
// that makes no sense (the message says why), and whatever the application answered.
//
// Thread: shard-affine, one for each shard and application.
class HookClient {
 public:
  virtual ~HookClient() = default;

  // `done` is called exactly once, on this client's shard, maybe before the call returns, unless
  // the client is destroyed first. What the
  // references name lives until then, or until the call returns, whichever comes first.
  virtual void Upgrade(const UpgradeEvent& event, Duration deadline, UpgradeDone done) = 0;
  virtual void Call(const pubsub::Peer& peer, const PeerEvent& event, Duration deadline,
                    HookDone done) = 0;
};

}  // namespace hookcast::hooks
