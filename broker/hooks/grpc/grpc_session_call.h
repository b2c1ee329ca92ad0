#pragma once

#include <memory>

#include "broker/hooks/application/hook_connection.h"
#include "broker/hooks/grpc/call_count.h"
#include "broker/hooks/grpc/mailbox.h"
#include "hookcast/v1/hooks.grpc.pb.h"

namespace hookcast::hooks {

// A Session call by gRPC. One write is under way at a time; what is queued meanwhile leaves with
// the next, from gRPC's thread, without a way through the shard. An application that sends faster
// than its answers are taken is not read further.
//
// Thread: shard-affine.
class GrpcSessionCall final : public SessionCall {
 public:
  // Starts it. What the stub calls through is kept by the call.
  GrpcSessionCall(v1::HookService::Stub* stub, std::shared_ptr<Mailbox> mailbox,
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
