#pragma once

#include <chrono>
#include <cstddef>
#include <cstdint>
#include <string>

#include "absl/status/statusor.h"
#include "broker/base/backoff.h"
#include "broker/config/config.h"

namespace hookcast::backplane {

// Which Redis, and how it is used. Tests shorten the times.
struct RedisSettings {
  std::string host = "127.0.0.1";
  uint16_t port = 6379;
  std::string username;       // empty: Redis' default user
  std::string password;       // empty: none is sent
  std::string password_file;  // read for each attempt to connect; not beside a password
  int database = 0;
  std::string prefix = "hookcast";  // of all names in Redis

  // For each step of an attempt: the look-up, each address, the greeting.
  std::chrono::milliseconds connect_timeout{2000};
  Backoff backoff{.first = std::chrono::milliseconds(50), .most = std::chrono::milliseconds(2000)};
  // A link whose answer is awaited for so long is made again.
  std::chrono::milliseconds answer_timeout{3000};
  std::chrono::milliseconds probe_interval{1000};
  // Between two questions whether Redis is still what takes publishes for all.
  std::chrono::milliseconds role_interval{5000};
  // How long what nobody wants any more stays subscribed.
  std::chrono::milliseconds linger{30'000};
  // How long Stop waits for the answers to what was published before.
  std::chrono::milliseconds stop_grace{500};
  size_t most_queued_bytes = 16 << 20;

  // "redis.example.com:6379", "[::1]:6379": what people are told.
  std::string Where() const;
};

// Of a checked configuration. INVALID_ARGUMENT where the password's file cannot be read now.
absl::StatusOr<RedisSettings> RedisSettingsOf(const config::BackplaneConfig& config);

// The password that a file holds, alone in its first line; UNAVAILABLE with the file's name.
absl::StatusOr<std::string> ReadPassword(const std::string& path);

}  // namespace hookcast::backplane
