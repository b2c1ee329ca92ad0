#pragma once

#include <memory>
#include <string>

#include "absl/status/status.h"
#include "cli/options.h"
#include "cli/terminal.h"

namespace CLI {
class App;
}

namespace hookcast::cli {

class BrokerClient;

// One command of hookcast, for one use: Declare, then Prepare, then Run.
class Command {
 public:
  virtual ~Command() = default;

  virtual std::string name() const = 0;
  virtual std::string summary() const = 0;  // one line for the list of commands
  // What help shows it used for: whole command lines, one a line.
  virtual std::string example() const = 0;

  // Adds the command's arguments and options to app, bound to this; app is gone before Prepare.
  // REQUIRES: this outlives app.
  virtual void Declare(CLI::App& app) = 0;

  // Reads and checks what the arguments name, so that a mistake in them is told before a node is
  // looked for. Errors: usage failures.
  virtual absl::Status Prepare(Terminal& /*terminal*/) { return absl::OkStatus(); }

  // Carries it out and writes the result. Errors: failures (failure.h).
  virtual absl::Status Run(BrokerClient& broker, const GlobalOptions& options,
                           Terminal& terminal) = 0;
};

}  // namespace hookcast::cli
