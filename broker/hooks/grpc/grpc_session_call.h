#pragma once

#include <grpcpp/channel.h>

#include <memory>

#include "broker/hooks/application/hook_connection.h"
#include "broker/hooks/grpc/call_count.h"
#include "broker/hooks/grpc/mailbox.h"
#include "hookcast/v1/hooks.pb.h"

namespace hookcast::hooks {

// A Session call by gRPC. One write is under way at a time; what is queued meanwhile leaves with
// the next, from gRPC's thread, without a way through the shard. An application that sends faster
// than its answers are taken is not read further.
//
// Thread: shard-affine.
class GrpcSessionCall final : public SessionCall {
 public:
  // Starts it. The channel is kept by the call.
  GrpcSessionCall(const std::shared_ptr<grpc::Channel>& channel, std::shared_ptr<Mailbox> mailbox,
                  std::shared_ptr<CallCount> calls, SessionListener* listener);
  ~GrpcSessionCall() override;

  void Write(v1::SessionEvent event) override;
  void WriteControl(v1::SessionRequest request) override;
  void WritesDone() override;

 private:
  class Reactor;
  const std::shared_ptr<Reactor> reactor_;
};

}  // namespace hookcast::hooks
