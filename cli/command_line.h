#pragma once

#include <memory>
#include <optional>
#include <string>
#include <vector>

#include "absl/status/statusor.h"
#include "cli/command.h"
#include "cli/options.h"
#include "cli/terminal.h"

namespace hookcast::cli {

struct Invocation {
  std::unique_ptr<Command> command;  // declared; what it was given is in it
  GlobalOptions options;
};

// Reads the arguments that follow the program's name, and the environment where they leave an
// option out. nullopt: they asked for help or the version, which is now on terminal.out. Errors:
// usage failures.
absl::StatusOr<std::optional<Invocation>> ParseCommandLine(
    const std::vector<std::string>& arguments, Terminal& terminal);

// In which form failures are told, also that of arguments that ParseCommandLine refuses.
OutputFormat OutputFormatOf(const std::vector<std::string>& arguments);

}  // namespace hookcast::cli
