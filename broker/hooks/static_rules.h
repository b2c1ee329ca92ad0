#pragma once

#include <string>
#include <vector>

#include "absl/status/statusor.h"
#include "broker/config/config.h"
#include "broker/hooks/hook_client.h"

namespace hookcast::hooks {

// Answers hooks by a route's static rules, without an application: accepts every upgrade whose
// query names no topics but allowed ones, subscribes at open, and ignores, echoes or publishes
// messages.
//
// Thread: any; holds no state. Calls `done` before it returns.
class StaticRules final : public HookClient {
 public:
  // The route outlives this. REQUIRES: it has static rules, and was validated.
  explicit StaticRules(const config::Route* route) : route_(route) {}

  void Upgrade(const UpgradeEvent& event, Duration deadline, UpgradeDone done) override;
  void Call(const pubsub::Peer& peer, const PeerEvent& event, Affinity* affinity, Duration deadline,
            HookDone done) override;

 private:
  // What a peer with these facts is subscribed to at open, each topic once: the rules' own, then
  // those that its query names. Errors, with a sentence for the client that holds nothing of its
  // own: PERMISSION_DENIED for a topic that is not allowed, INVALID_ARGUMENT for one that is none,
  // and for too many.
  absl::StatusOr<std::vector<std::string>> TopicsOf(const pubsub::PeerFacts& facts) const;

  const config::Route* const route_;
};

}  // namespace hookcast::hooks
