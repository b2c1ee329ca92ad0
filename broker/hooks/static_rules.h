#pragma once

#include "broker/config/config.h"
#include "broker/hooks/hook_client.h"

namespace hookcast::hooks {

// Answers hooks by a route's static rules, without an application: accepts every upgrade,
// subscribes at open, and ignores, echoes or publishes messages.
//
// Thread: any; holds no state. Calls `done` before it returns.
class StaticRules final : public HookClient {
 public:
  // The rules outlive this. REQUIRES: validated.
  explicit StaticRules(const config::StaticRules* rules) : rules_(rules) {}

  void Upgrade(const UpgradeEvent& event, Duration deadline, UpgradeDone done) override;
  void Call(const pubsub::Peer& peer, const PeerEvent& event, Affinity* affinity, Duration deadline,
            HookDone done) override;

 private:
  const config::StaticRules* const rules_;
};

}  // namespace hookcast::hooks
