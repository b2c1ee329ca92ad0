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

class UnsubscribeCommand final : public Command {
 public:
  std::string name() const override { return "unsubscribe"; }
  std::string summary() const override { return "Unsubscribe peers from a topic, or from all"; }
  std::string example() const override {
    return "hookcast unsubscribe PEER news\n"
           "hookcast unsubscribe PEER\n"
           "hookcast unsubscribe --namespace /rooms/a --on news news";
  }

  void Declare(CLI::App& app) override {
    peers_.Declare(app);
    DeclareArgument(app, "TOPIC", "The topic; left out: every topic that they are subscribed to",
                    &topic_);
  }

  absl::Status Prepare(Terminal& /*terminal*/) override {
    if (auto status = peers_.Read({&topic_}); !status.ok()) return status;
    if (!topic_) return absl::OkStatus();
    // The empty name would mean all, which a script's empty variable does not.
    if (topic_->empty()) {
      return UsageFailure("TOPIC is empty", "leave it out to unsubscribe from every topic");
    }
    return CheckTopic(*topic_);
  }

  absl::Status Run(BrokerClient& broker, const GlobalOptions& options,
                   Terminal& terminal) override {
    v1::UnsubscribeRequest request;
    *request.mutable_peers() = peers_.selector();
    request.set_topic(topic_.value_or(""));
    const auto response = broker.Unsubscribe(request);
    if (!response.ok()) return peers_.Explain(response.status());
    if (options.output == OutputFormat::kJson) return PrintJson(*response, terminal.out);
    // Whether they were subscribed before is not told.
    const bool one = !peers_.selector().has_filter();
    terminal.out << (one ? "" : "of ") << peers_.Describe(response->matched())
                 << (one ? "" : " none");
    if (topic_) {
      terminal.out << (one ? " is not" : " is") << " subscribed to " << Printable(*topic_);
    } else {
      terminal.out << (one ? " is subscribed to no topic" : " is subscribed to any topic");
    }
    terminal.out << " now\n";
    return absl::OkStatus();
  }

 private:
  PeerSelection peers_;
  Argument topic_;
};

}  // namespace

std::unique_ptr<Command> MakeUnsubscribe() { return std::make_unique<UnsubscribeCommand>(); }

}  // namespace hookcast::cli
