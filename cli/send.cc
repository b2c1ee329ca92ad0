#include <ostream>
#include <utility>

#include "CLI/CLI.hpp"
#include "cli/broker_client.h"
#include "cli/commands.h"
#include "cli/data_argument.h"
#include "cli/json_output.h"
#include "cli/peer_argument.h"
#include "cli/text.h"

namespace hookcast::cli {
namespace {

class SendCommand final : public Command {
 public:
  std::string name() const override { return "send"; }
  std::string summary() const override { return "Send a message to one peer, past any topic"; }

  void Declare(CLI::App& app) override {
    DeclarePeer(app, &peer_);
    data_.Declare(app);
  }

  absl::Status Prepare(Terminal& terminal) override {
    auto data = data_.Read(terminal);
    if (!data.ok()) return data.status();
    request_.mutable_peers()->set_peer(peer_);
    *request_.mutable_data() = std::move(*data);
    return absl::OkStatus();
  }

  absl::Status Run(BrokerClient& broker, const GlobalOptions& options,
                   Terminal& terminal) override {
    const auto response = broker.Send(request_);
    if (!response.ok()) return ExplainPeer(response.status());
    if (options.output == OutputFormat::kJson) return PrintJson(*response, terminal.out);
    terminal.out << "sent to " << Printable(peer_) << '\n';
    return absl::OkStatus();
  }

 private:
  std::string peer_;
  DataArgument data_;
  v1::SendRequest request_;
};

}  // namespace

std::unique_ptr<Command> MakeSend() { return std::make_unique<SendCommand>(); }

}  // namespace hookcast::cli
