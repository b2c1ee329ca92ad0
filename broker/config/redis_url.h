#pragma once

#include <cstdint>
#include <optional>
#include <string>
#include <string_view>

#include "absl/status/statusor.h"

namespace hookcast::config {

// What a URL says of where Redis is: redis://[[user]:password@]host[:port][/database].
struct RedisUrl {
  std::string host;  // a name or an address, without brackets
  uint16_t port = 6379;
  std::string username;  // decoded, as the password
  std::string password;
  std::optional<int> database;

  bool operator==(const RedisUrl&) const = default;
};

inline constexpr int kMaxRedisDatabase = 1'000'000;

// INVALID_ARGUMENT that says what is wrong and what would be right, and holds nothing of the text:
// it may be a password.
absl::StatusOr<RedisUrl> ParseRedisUrl(std::string_view text);

}  // namespace hookcast::config
