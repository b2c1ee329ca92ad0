#pragma once

#include <grpcpp/support/status.h>

#include <string>

#include "absl/status/status.h"

namespace hookcast::control {

// A handler's status as a gRPC call ends with it. Both count codes as google.rpc.Code does;
// payloads are left out.
inline grpc::Status ToGrpc(const absl::Status& status) {
  return grpc::Status(static_cast<grpc::StatusCode>(status.code()), std::string(status.message()));
}

}  // namespace hookcast::control
