#include "cli/cli.h"

#include <ostream>

#include "cli/broker_client.h"
#include "cli/command_line.h"
#include "cli/text.h"

namespace hookcast::cli {
namespace {

// A node's words, or a piece of the data, may be in it: safe, and no flood.
std::string Shown(const std::string& message) { return Shortened(Printable(message), 500); }

absl::Status Execute(const std::vector<std::string>& arguments, Terminal& terminal) {
  auto invocation = ParseCommandLine(arguments, terminal);
  if (!invocation.ok()) return invocation.status();
  if (!invocation->has_value()) return absl::OkStatus();
  Command& command = *(*invocation)->command;
  const GlobalOptions& options = (*invocation)->options;
  if (auto status = command.Prepare(terminal); !status.ok()) return status;
  const auto broker = BrokerClient::Connect(options);
  if (!broker.ok()) return broker.status();
  return command.Run(**broker, options, terminal);
}

}  // namespace

ExitCode Run(const std::vector<std::string>& arguments, Terminal& terminal) {
  absl::Status status = Execute(arguments, terminal);
  terminal.out.flush();
  if (status.ok() && !terminal.out) {
    status = RefusedFailure(absl::StatusCode::kDataLoss, "cannot write the output");
  }
  if (status.ok()) return ExitCode::kDone;
  terminal.err << "hookcast: " << Shown(std::string(status.message())) << '\n';
  if (const std::string hint = HintOf(status); !hint.empty()) {
    terminal.err << "  " << Shown(hint) << '\n';
  }
  terminal.err.flush();
  return ExitCodeOf(status);
}

}  // namespace hookcast::cli
