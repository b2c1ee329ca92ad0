#pragma once

#include <cstdint>
#include <string>
#include <string_view>
#include <vector>

#include "absl/status/statusor.h"

namespace hookcast::cli {

// Where a node's control port is.
struct Address {
  std::string host = "127.0.0.1";  // a name or a number; IPv6 without its brackets
  uint16_t port = 8082;

  // "127.0.0.1:8082", "[::1]:8082".
  std::string ToString() const;
};

// Reads "host:port" or "[IPv6]:port". Errors: a usage failure that says how to write it.
absl::StatusOr<Address> ParseAddress(std::string_view text);
// Several of them, with commas between, and maybe spaces around. At least one; errors as above.
absl::StatusOr<std::vector<Address>> ParseAddresses(std::string_view text);

}  // namespace hookcast::cli
