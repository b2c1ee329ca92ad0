#pragma once

#include "absl/functional/any_invocable.h"
#include "absl/status/statusor.h"
#include "broker/base/clock.h"
#include "broker/hooks/affinity.h"
#include "broker/hooks/hook_event.h"
#include "broker/hooks/upgrade_verdict.h"
#include "broker/pubsub/peer.h"

namespace hookcast::hooks {

using UpgradeDone = absl::AnyInvocable<void(absl::StatusOr<UpgradeVerdict>)>;
using HookDone = absl::AnyInvocable<void(absl::StatusOr<HookReply>)>;

// Delivers events to whoever answers them. The seam between peers and applications: the clients of
// applications, static rules, and fakes in tests. It makes one attempt a call; repeating is its
// caller's business.
//
// Errors: UNIMPLEMENTED where this hook is not wanted, UNAVAILABLE where nobody could be asked (see
// hook_failure.h) or the answer was lost, DEADLINE_EXCEEDED, RESOURCE_EXHAUSTED for a reply that is
// too large, INVALID_ARGUMENT for a reply that makes no sense (the message says why), and whatever
// the application answered.
//
// Thread: shard-affine, one for each shard and application.
class HookClient {
 public:
  virtual ~HookClient() = default;

  // `done` is called exactly once, on this client's shard, maybe before the call returns, unless
  // the client is destroyed first; it does not destroy the client. What is passed by reference or
  // pointer is read before the call returns, but for `affinity`, which lives until `done`. The
  // deadline is for the application's answer; only an upgrade's counts from the call on.
  virtual void Upgrade(const UpgradeEvent& event, Duration deadline, UpgradeDone done) = 0;
  virtual void Call(const pubsub::Peer& peer, const PeerEvent& event, Affinity* affinity,
                    Duration deadline, HookDone done) = 0;

  // The node ends: takes leave of whoever it calls, and calls `done` once they know, unless the
  // client is destroyed first. REQUIRES: no event follows; once.
  virtual void Leave(absl::AnyInvocable<void()> done) { done(); }
};

}  // namespace hookcast::hooks
