#pragma once

#include <grpcpp/support/status.h>

#include "absl/status/status.h"

namespace hookcast::hooks {

// A call's status, as everything outside this folder knows it. Both count codes as google.rpc.Code
// does; a number that is none of them is UNKNOWN.
inline absl::Status FromGrpc(const grpc::Status& status) {
  const int code = static_cast<int>(status.error_code());
  if (code < 0 || code > static_cast<int>(absl::StatusCode::kUnauthenticated)) {
    return absl::UnknownError(status.error_message());
  }
  return absl::Status(static_cast<absl::StatusCode>(code), status.error_message());
}

}  // namespace hookcast::hooks
