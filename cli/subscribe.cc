#include <ostream>

#include "CLI/CLI.hpp"
#include "cli/broker_client.h"
#include "cli/commands.h"
#include "cli/failure.h"
#include "cli/json_output.h"
#include "cli/name_check.h"
#include "cli/peer_selection.h"
#include "cli/text.h"

namespace hookcast::cli {
namespace {

class SubscribeCommand final : public Command {
 public:
  std::string name() const override { return "subscribe"; }
  std::string summary() const override { return "Subscribe peers to a topic"; }
  std::string example() const override {
    return "hookcast subscribe PEER news\n"
           "hookcast subscribe --namespace /rooms/a news";
  }

  void Declare(CLI::App& app) override {
    peers_.Declare(app);
    DeclareArgument(app, "TOPIC", "A topic of their namespace; required", &topic_);
  }

  absl::Status Prepare(Terminal& /*terminal*/) override {
    if (auto status = peers_.Read({&topic_}); !status.ok()) return status;
    if (!topic_) {
      return UsageFailure("TOPIC is required", "hookcast subscribe --help says what it takes");
    }
    return CheckTopic(*topic_);
  }

  absl::Status Run(BrokerClient& broker, const GlobalOptions& options,
                   Terminal& terminal) override {
    v1::SubscribeRequest request;
    *request.mutable_peers() = peers_.selector();
    request.set_topic(*topic_);
    const auto response = broker.Subscribe(request);
    if (!response.ok()) return peers_.Explain(response.status());
    if (options.output == OutputFormat::kJson) return PrintJson(*response, terminal.out);
    terminal.out << "subscribed " << peers_.Describe(response->matched()) << " to "
                 << Printable(*topic_) << '\n';
    return absl::OkStatus();
  }

 private:
  PeerSelection peers_;
  Argument topic_;
};

}  // namespace

std::unique_ptr<Command> MakeSubscribe() { return std::make_unique<SubscribeCommand>(); }

}  // namespace hookcast::cli
