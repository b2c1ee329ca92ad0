#pragma once

#include <optional>
#include <string>

#include "absl/status/statusor.h"

namespace hookcast::cli {

// The control token: what --token or --token-file says, or else HOOKCAST_TOKEN, or the file that
// HOOKCAST_TOKEN_FILE names; empty where none of them is set. White space around what a file holds
// is no part of it. Errors: usage failures, which never hold the token.
absl::StatusOr<std::string> ReadToken(const std::optional<std::string>& token,
                                      const std::optional<std::string>& file);

}  // namespace hookcast::cli
