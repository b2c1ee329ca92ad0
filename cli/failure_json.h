#pragma once

#include <string>

#include "absl/status/status.h"

namespace hookcast::cli {

// A failure for programs, on one line and safe to show: {"code": …, "message": …} and, where there
// are any, "hint" and "details". Codes and details are those of a call in JSON that fails
// (docs/control.md, Errors).
// REQUIRES: not ok.
std::string FailureJson(const absl::Status& failure);

}  // namespace hookcast::cli
