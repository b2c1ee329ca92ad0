#pragma once

#include <cstddef>
#include <cstdint>
#include <string>
#include <string_view>

#include "absl/status/statusor.h"
#include "broker/config/config.h"

namespace hookcast::config {

// The text of single values. Each Parse gives INVALID_ARGUMENT with what is wrong and what would be
// right; each Format gives text that Parse takes back to the same value.
//
// Thread: any; pure.

// "250ms", "5s", "2m", "1h"; zero also without a unit.
absl::StatusOr<Duration> ParseDuration(std::string_view text);
std::string FormatDuration(Duration value);

// "4096", "64KiB", "1MiB", "1GiB".
absl::StatusOr<size_t> ParseSize(std::string_view text);
std::string FormatSize(size_t value);

// Decimal.
absl::StatusOr<int64_t> ParseInteger(std::string_view text);

// "true", "false".
absl::StatusOr<bool> ParseBoolean(std::string_view text);

// "127.0.0.1:8080", "[::1]:8080", "localhost:8080". The host comes back in its usual form.
absl::StatusOr<ListenAddress> ParseListenAddress(std::string_view text);

}  // namespace hookcast::config
