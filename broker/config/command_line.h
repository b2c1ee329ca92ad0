#pragma once

#include <optional>
#include <string>
#include <vector>

#include "absl/status/statusor.h"

namespace hookcast::config {

// What was typed after `hookcastd`. The first that is set of help, version, print_reference,
// check_config and print_config says what to do instead of running a node.
struct CommandLine {
  std::optional<std::string> file;  // --config FILE
  std::vector<std::string> sets;    // each --set key=value, in order
  bool check_config = false;
  bool print_config = false;
  bool print_reference = false;
  bool version = false;
  bool help = false;
  bool insecure = false;
};

// INVALID_ARGUMENT, one line, where a flag is unknown or lacks its value.
absl::StatusOr<CommandLine> ParseCommandLine(int argc, const char* const* argv);

// What --help prints: the flags, then every key with its default.
std::string HelpText();

}  // namespace hookcast::config
