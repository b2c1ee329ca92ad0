#pragma once

#include <optional>
#include <string>

#include "absl/status/status.h"
#include "hookcast/v1/broker.pb.h"

namespace hookcast::cli {

// What the process ends with. Scripts depend on the numbers.
enum class ExitCode : int {
  kDone = 0,
  kRefused = 1,  // the node refused it, or knows no such thing
  kUsage = 2,    // the command line, or the data it names, is wrong; nothing was sent
  kUnreachable =
      3,  // a node that it needs did not answer; it may have been carried out, or in part
};

// A failure is an absl::Status whose message says what went wrong in one line, ready to be shown,
// with two more facts attached: the exit code and, where there is one, a line that says how to do
// it right. A status made without these functions counts as kRefused and has no hint.
absl::Status UsageFailure(const std::string& what, std::string hint = "");
// UNAVAILABLE.
absl::Status UnreachableFailure(const std::string& what, std::string hint = "");
// DEADLINE_EXCEEDED; the same exit code.
absl::Status TimeoutFailure(const std::string& what, std::string hint = "");
// REQUIRES: code is not kOk.
absl::Status RefusedFailure(absl::StatusCode code, const std::string& what, std::string hint = "");

// The same failure with this hint, unless it has one. REQUIRES: not ok.
absl::Status WithHint(absl::Status failure, std::string hint);
// The same failure with how far a publish came. REQUIRES: not ok.
absl::Status WithPublishFailure(absl::Status failure, const v1::PublishFailure& how_far);

ExitCode ExitCodeOf(const absl::Status& status);
std::string HintOf(const absl::Status& status);  // empty: none
std::optional<v1::PublishFailure> PublishFailureOf(const absl::Status& status);

}  // namespace hookcast::cli
