#include <cstdint>
#include <ostream>

#include "CLI/CLI.hpp"
#include "cli/broker_client.h"
#include "cli/commands.h"
#include "cli/json_output.h"
#include "cli/peer_selection.h"
#include "cli/utf8_check.h"

namespace hookcast::cli {
namespace {

class CloseCommand final : public Command {
 public:
  std::string name() const override { return "close"; }
  std::string summary() const override { return "Close peers' connections"; }

  std::string example() const override {
    return "hookcast close PEER --code 4001 --reason 'signed out'\n"
           "hookcast close --route '/rooms/{room}' --code 1012";
  }

  void Declare(CLI::App& app) override {
    peers_.Declare(app);
    CLI::Option* code =
        app.add_option("--code", code_, "Close code: 1000 to 1003, 1007 to 1014, 3000 to 4999")
            ->type_name("CODE")
            ->check(CLI::Range(1000u, 4999u).description(""))
            ->capture_default_str();
    CLI::Option* reason = app.add_option("--reason", reason_, "Told to the client; up to 123 bytes")
                              ->type_name("TEXT")
                              ->check(Utf8Check());
    app.add_flag("--terminate", terminate_, "End the connection at once, without a Close frame")
        ->excludes(code)
        ->excludes(reason);
  }

  absl::Status Prepare(Terminal& /*terminal*/) override { return peers_.Read({}); }

  absl::Status Run(BrokerClient& broker, const GlobalOptions& options,
                   Terminal& terminal) override {
    return terminate_ ? Terminate(broker, options, terminal) : Close(broker, options, terminal);
  }

 private:
  absl::Status Close(BrokerClient& broker, const GlobalOptions& options, Terminal& terminal) {
    v1::ClosePeersRequest request;
    *request.mutable_peers() = peers_.selector();
    request.set_code(code_);
    request.set_reason(reason_);
    const auto response = broker.Close(request);
    if (!response.ok()) return peers_.Explain(response.status());
    if (options.output == OutputFormat::kJson) return PrintJson(*response, terminal.out);
    // The answer comes when the close was ordered, not when the client has answered it.
    terminal.out << "closing " << peers_.Describe(response->matched()) << " with code " << code_
                 << '\n';
    return absl::OkStatus();
  }

  absl::Status Terminate(BrokerClient& broker, const GlobalOptions& options, Terminal& terminal) {
    v1::TerminateRequest request;
    *request.mutable_peers() = peers_.selector();
    const auto response = broker.Terminate(request);
    if (!response.ok()) return peers_.Explain(response.status());
    if (options.output == OutputFormat::kJson) return PrintJson(*response, terminal.out);
    terminal.out << "terminated " << peers_.Describe(response->matched()) << '\n';
    return absl::OkStatus();
  }

  PeerSelection peers_;
  uint32_t code_ = 1000;
  std::string reason_;
  bool terminate_ = false;
};

}  // namespace

std::unique_ptr<Command> MakeClose() { return std::make_unique<CloseCommand>(); }

}  // namespace hookcast::cli
