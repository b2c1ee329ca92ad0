#pragma once

#include <memory>
#include <utility>

#include "broker/base/shard_loop.h"
#include "broker/base/shard_timers.h"
#include "broker/hooks/application/application_client.h"
#include "broker/hooks/grpc/grpc_application.h"
#include "broker/hooks/hook_client.h"

namespace hookcast::hooks {

// The hooks of one application from one shard, by gRPC: an ApplicationClient that follows the
// application's addresses.
//
// Thread: shard-affine. Destroyed on its shard, or once the loop has stopped: calls in flight are
// cancelled, and no `done` is called any more.
class GrpcHookClient final : public HookClient {
 public:
  // All that is pointed at outlives this. May be made before the loop runs.
  GrpcHookClient(ApplicationClient::Settings settings, std::shared_ptr<GrpcApplication> application,
                 ShardLoop* loop, ShardTimers* timers, metrics::Catalogue* metrics);
  ~GrpcHookClient() override;

  void Upgrade(const UpgradeEvent& event, Duration deadline, UpgradeDone done) override;
  void Call(const pubsub::Peer& peer, const PeerEvent& event, Affinity* affinity, Duration deadline,
            HookDone done) override;
  void Leave(absl::AnyInvocable<void()> done) override { client_->Leave(std::move(done)); }

  const ApplicationClient& client() const { return *client_; }

 private:
  const std::shared_ptr<GrpcApplication> application_;
  const std::shared_ptr<Mailbox> mailbox_;
  ApplicationMetrics metrics_;
  std::unique_ptr<ApplicationClient> client_;
};

}  // namespace hookcast::hooks
