#pragma once

#include <string>
#include <string_view>

#include "absl/functional/any_invocable.h"
#include "absl/status/status.h"
#include "broker/control/cluster_handlers.h"
#include "broker/control/tokens.h"

namespace hookcast::control {

// What a call in JSON is answered with, as HTTP sees it.
struct JsonAnswer {
  int status = 200;
  std::string body;  // JSON: the response, or {"code": …, "message": …}
};

// BrokerService in protobuf's JSON mapping, as the unary calls of the Connect protocol over HTTP
// are. Knows no HTTP but its status codes.
//
// Thread: any.
class JsonCalls {
 public:
  // Both outlive every answer.
  JsonCalls(ClusterHandlers* handlers, Tokens* tokens) : handlers_(handlers), tokens_(tokens) {}

  // Whether the call may be made, before its body is read: NOT_FOUND for a method that there is
  // not, UNIMPLEMENTED for one that streams, UNAUTHENTICATED and PERMISSION_DENIED.
  absl::Status Check(std::string_view method, std::string_view authorization);

  // Makes the call. REQUIRES: Check was OK. `answer` is called once, on any thread, maybe before
  // this returns.
  void Call(std::string_view method, std::string_view body,
            absl::AnyInvocable<void(JsonAnswer)> answer);

 private:
  ClusterHandlers* const handlers_;
  Tokens* const tokens_;
};

// An error in Connect's form, with its HTTP status. A PublishFailure that the status carries is
// among its details.
JsonAnswer ToJson(const absl::Status& status);

}  // namespace hookcast::control
