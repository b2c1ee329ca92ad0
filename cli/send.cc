#include <ostream>
#include <utility>

#include "CLI/CLI.hpp"
#include "cli/broker_client.h"
#include "cli/commands.h"
#include "cli/data_argument.h"
#include "cli/json_output.h"
#include "cli/peer_selection.h"

namespace hookcast::cli {
namespace {

class SendCommand final : public Command {
 public:
  std::string name() const override { return "send"; }
  std::string summary() const override { return "Send a message to peers, past any topic"; }

  std::string example() const override {
    return "hookcast send PEER 'hello'\n"
           "hookcast send --namespace /rooms/a --on chat '{\"notice\":\"closing soon\"}' --json";
  }

  void Declare(CLI::App& app) override {
    peers_.Declare(app);
    data_.Declare(app);
  }

  absl::Status Prepare(Terminal& terminal) override {
    if (auto status = peers_.Read({&data_.argument()}); !status.ok()) return status;
    auto data = data_.Read(terminal);
    if (!data.ok()) return data.status();
    *request_.mutable_peers() = peers_.selector();
    *request_.mutable_data() = std::move(*data);
    return absl::OkStatus();
  }

  absl::Status Run(BrokerClient& broker, const GlobalOptions& options,
                   Terminal& terminal) override {
    const auto response = broker.Send(request_);
    if (!response.ok()) return peers_.Explain(response.status());
    if (options.output == OutputFormat::kJson) return PrintJson(*response, terminal.out);
    terminal.out << "sent to " << peers_.Describe(response->matched()) << '\n';
    return absl::OkStatus();
  }

 private:
  PeerSelection peers_;
  DataArgument data_;
  v1::SendRequest request_;
};

}  // namespace

std::unique_ptr<Command> MakeSend() { return std::make_unique<SendCommand>(); }

}  // namespace hookcast::cli
