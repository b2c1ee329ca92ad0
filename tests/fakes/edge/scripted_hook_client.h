#pragma once

#include <deque>
#include <functional>
#include <string>
#include <vector>

#include "broker/hooks/hook_client.h"

namespace hookcast::fakes {

// An application that answers when the test says so, or at once by a function of the test's.
//
// Thread: shard-affine.
class ScriptedHookClient final : public hooks::HookClient {
 public:
  struct PendingUpgrade {
    PeerId peer;
    std::string target;
    std::string ns;
    std::string route;
    std::string remote_address;
    std::vector<std::pair<std::string, std::string>> params;
    std::vector<std::pair<std::string, std::string>> headers;
    std::vector<std::string> subprotocols;
    Duration deadline;
    hooks::UpgradeDone done;
  };
  struct PendingCall {
    PeerId peer;
    hooks::PeerEvent event;
    Duration deadline;
    std::string context;              // the peer's, as the call was made
    std::vector<std::string> topics;  // likewise
    hooks::HookDone done;
  };
  using Script =
      std::function<absl::StatusOr<hooks::HookReply>(const pubsub::Peer&, const hooks::PeerEvent&)>;

  // Calls that wait for their answer, the oldest first.
  std::deque<PendingUpgrade>& upgrades() { return upgrades_; }
  std::deque<PendingCall>& calls() { return calls_; }
  // One line for each Call, answered or not: "open 1/1", "message 2/1 hello", "error 3/1 why",
  // "drain 4/1 0", "resume 2/1 at 17 replayed 5 gap", "close 5/1 1006"; the numbers are the event's
  // and its attempt's.
  const std::vector<std::string>& told() const { return told_; }

  // From here on Call is answered by `script` before it returns; null waits for the test again.
  void AnswerBy(Script script) { script_ = std::move(script); }
  // Answers the oldest. REQUIRES: there is one.
  void AnswerUpgrade(absl::StatusOr<hooks::UpgradeVerdict> verdict);
  void Answer(absl::StatusOr<hooks::HookReply> reply = hooks::HookReply{});
  void AnswerWith(std::vector<hooks::Action> actions);

  void Upgrade(const hooks::UpgradeEvent& event, Duration deadline,
               hooks::UpgradeDone done) override;
  void Call(const pubsub::Peer& peer, const hooks::PeerEvent& event, hooks::Affinity* affinity,
            Duration deadline, hooks::HookDone done) override;

 private:
  Script script_;
  std::deque<PendingUpgrade> upgrades_;
  std::deque<PendingCall> calls_;
  std::vector<std::string> told_;
};

}  // namespace hookcast::fakes
