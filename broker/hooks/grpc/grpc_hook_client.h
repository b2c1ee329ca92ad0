#pragma once

#include <cstddef>
#include <memory>
#include <vector>

#include "broker/base/shard_loop.h"
#include "broker/hooks/grpc/grpc_application.h"
#include "broker/hooks/hook_client.h"

namespace hookcast::hooks {

// Delivers hooks by unary gRPC calls. Completions come on gRPC's threads, where replies are read,
// and are posted to the shard, several at once where they come together.
//
// Thread: shard-affine. Destroy it on its shard, or once the loop has stopped: calls in flight are
// cancelled, gRPC is waited for, and no `done` is called any more.
class GrpcHookClient final : public HookClient {
 public:
  // The loop outlives this. A reply whose context is larger than max_context_bytes is
  // INVALID_ARGUMENT.
  GrpcHookClient(ShardLoop* loop, std::shared_ptr<GrpcApplication> application,
                 size_t max_context_bytes);
  ~GrpcHookClient() override;

  void Upgrade(const UpgradeEvent& event, Duration deadline, UpgradeDone done) override;
  void Call(const pubsub::Peer& peer, const PeerEvent& event, Duration deadline,
            HookDone done) override;

  size_t calls_in_flight() const { return calls_.size(); }

 private:
  class PendingCall;
  template <typename Request, typename Reply, typename Result>
  class UnaryCall;
  struct Inbox;

  template <typename CallType>
  void Start(std::unique_ptr<CallType> call);
  std::unique_ptr<PendingCall> Take(PendingCall* call);
  void AnswerReturned();

  const std::shared_ptr<GrpcApplication> application_;
  const size_t max_context_bytes_;
  const std::shared_ptr<Inbox> inbox_;
  std::vector<std::unique_ptr<PendingCall>> calls_;  // each knows its place
};

}  // namespace hookcast::hooks
