#pragma once

#include <cstddef>
#include <map>
#include <string>

#include "absl/status/statusor.h"
#include "broker/config/command_line.h"
#include "broker/config/config.h"

namespace hookcast::config {

inline constexpr size_t kMaxConfigFileBytes = 8 * 1024 * 1024;

using Environment = std::map<std::string, std::string>;

// The process' environment. Thread: main, before others start.
Environment ProcessEnvironment();

// Reads the configuration in rising priority: defaults, the file (--config, or HOOKCAST_CONFIG),
// the environment (HOOKCAST_LOG_LEVEL is log.level), flags (--set, the last of one key counts, and
// --insecure). `routes` is replaced whole, other keys one by one. No file is a valid configuration.
//
// INVALID_ARGUMENT with every mistake that was found, one a line: where it is (file:line:column,
// the variable, or the flag), the full key, what is wrong, what would be right. Passwords are
// never part of the text.
//
// Of the environment only names that begin with HOOKCAST_ matter. HOOKCAST_SERVER, HOOKCAST_TOKEN,
// HOOKCAST_TOKEN_FILE and HOOKCAST_OUTPUT belong to the command line client, which may stand in the
// same container; what Kubernetes sets for services whose names begin with "hookcast"
// (HOOKCAST_SERVICE_HOST, HOOKCAST_PORT_8080_TCP ...) is passed over.
absl::StatusOr<Config> LoadConfig(const CommandLine& command_line, const Environment& environment);

}  // namespace hookcast::config
