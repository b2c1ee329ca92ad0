#pragma once

#include <grpcpp/channel.h>

#include <memory>

#include "broker/hooks/grpc/grpc_application.h"
#include "hookcast/v1/hooks.grpc.pb.h"

namespace hookcast::hooks {

// What of an application is gRPC's own; apart from its header, so that this folder alone includes
// grpc.
struct GrpcApplication::Connection {
  std::shared_ptr<grpc::Channel> channel;
  std::unique_ptr<v1::HookService::Stub> stub;
};

}  // namespace hookcast::hooks
