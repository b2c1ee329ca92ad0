#include "cli/cli.h"

#include <ostream>

#include "cli/broker_client.h"
#include "cli/command_line.h"
#include "cli/failure_json.h"
#include "cli/text.h"

namespace hookcast::cli {
namespace {

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

// A node's words, or a piece of the data, may be in it: safe, and no flood.
void Tell(const absl::Status& failure, OutputFormat output, std::ostream& err) {
  if (output == OutputFormat::kJson) {
    err << FailureJson(failure) << std::endl;
    return;
  }
  err << "hookcast: " << Shown(std::string(failure.message())) << '\n';
  if (const std::string hint = HintOf(failure); !hint.empty()) err << "  " << Shown(hint) << '\n';
  err.flush();
}

}  // namespace

ExitCode Run(const std::vector<std::string>& arguments, Terminal& terminal) {
  absl::Status status = Execute(arguments, terminal);
  terminal.out.flush();
  if (status.ok() && !terminal.out) {
    status = RefusedFailure(absl::StatusCode::kDataLoss, "cannot write the output");
  }
  if (status.ok()) return ExitCode::kDone;
  Tell(status, OutputFormatOf(arguments), terminal.err);
  return ExitCodeOf(status);
}

}  // namespace hookcast::cli
