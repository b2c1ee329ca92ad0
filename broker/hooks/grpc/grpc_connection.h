#pragma once

#include <grpcpp/channel.h>
#include <grpcpp/generic/generic_stub.h>

#include <cstddef>
#include <memory>
#include <vector>

#include "broker/hooks/application/hook_connection.h"
#include "broker/hooks/grpc/call_count.h"
#include "broker/hooks/grpc/mailbox.h"
#include "hookcast/v1/hooks.pb.h"

namespace hookcast::hooks {

// One address of an application by gRPC. Replies are read on gRPC's threads and come through the
// mailbox.
//
// Thread: shard-affine; destroyed on the shard, or once its loop has stopped: calls in flight are
// cancelled, and no `done` is called any more.
class GrpcConnection final : public HookConnection {
 public:
  GrpcConnection(std::shared_ptr<grpc::Channel> channel, std::shared_ptr<Mailbox> mailbox,
                 std::shared_ptr<CallCount> calls);
  ~GrpcConnection() override;

  State state() override;
  std::unique_ptr<SessionCall> StartSession(SessionListener* listener) override;
  void Call(v1::SessionEvent event, Duration deadline, Done done) override;

 private:
  class UnaryCall;

  std::shared_ptr<UnaryCall> Take(UnaryCall* call);

  const std::shared_ptr<grpc::Channel> channel_;
  grpc::GenericStub stub_;
  const std::shared_ptr<Mailbox> mailbox_;
  const std::shared_ptr<CallCount> count_;
  std::vector<std::shared_ptr<UnaryCall>> calls_;  // each knows its place
};

}  // namespace hookcast::hooks
