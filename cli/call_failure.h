#pragma once

#include <optional>
#include <string>
#include <string_view>

#include "absl/status/status.h"
#include "cli/address.h"
#include "cli/options.h"
#include "hookcast/v1/broker.pb.h"

namespace hookcast::cli {

// How a call to a node ended, other than well.
struct CallOutcome {
  std::string_view method;                            // "Publish"
  Address server;                                     // that was called
  absl::Status status;                                // gRPC's code and the node's words
  bool link_broken = false;                           // the connection is gone
  bool time_is_up = false;                            // the caller's own deadline has passed
  std::optional<v1::PublishFailure> publish_failure;  // from the trailer
};

// Makes of it a failure that says what to do. REQUIRES: outcome.status is not ok.
absl::Status ExplainCall(const CallOutcome& outcome, const GlobalOptions& options);

}  // namespace hookcast::cli
