#pragma once

#include <iosfwd>
#include <string>

#include "absl/status/status.h"
#include "absl/status/statusor.h"
#include "google/protobuf/message.h"

namespace hookcast::cli {

// A message in protobuf's JSON mapping, on one line, fields without a value included: what the
// admin port's JSON form answers. Holds no control characters.
absl::StatusOr<std::string> ToJson(const google::protobuf::Message& message);

// Writes that, and the end of its line.
absl::Status PrintJson(const google::protobuf::Message& message, std::ostream& out);

}  // namespace hookcast::cli
