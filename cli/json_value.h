#pragma once

#include <string_view>

#include "absl/status/status.h"
#include "google/protobuf/struct.pb.h"

namespace hookcast::cli {

// Reads one JSON text (RFC 8259) into value, which holds nothing yet. Errors: a usage failure with
// the line and column, and for what a Value cannot carry unchanged: an integer beyond 2^53, more
// than 30 levels (a node reads no deeper).
absl::Status ParseJsonValue(std::string_view json, google::protobuf::Value* value);

}  // namespace hookcast::cli
