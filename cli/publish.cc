#include <ostream>
#include <utility>

#include "CLI/CLI.hpp"
#include "cli/broker_client.h"
#include "cli/commands.h"
#include "cli/data_argument.h"
#include "cli/json_output.h"
#include "cli/text.h"
#include "cli/utf8_check.h"

namespace hookcast::cli {
namespace {

class PublishCommand final : public Command {
 public:
  std::string name() const override { return "publish"; }
  std::string summary() const override { return "Publish a message to a topic of a namespace"; }

  void Declare(CLI::App& app) override {
    app.add_option("NAMESPACE", namespace_,
                   "Often the path that peers connect to, such as /rooms/a")
        ->required()
        ->type_name("")
        ->check(Utf8Check());
    app.add_option("TOPIC", topic_, "Peers subscribed to it get the message")
        ->required()
        ->type_name("")
        ->check(Utf8Check());
    data_.Declare(app);
    app.add_option("--exclude", exclude_, "Leave this peer out")
        ->type_name("PEER")
        ->check(Utf8Check());
    app.add_option("--key", key_, "Idempotency key; a node that keeps none refuses it")
        ->type_name("KEY")
        ->check(Utf8Check());
  }

  absl::Status Prepare(Terminal& terminal) override {
    auto data = data_.Read(terminal);
    if (!data.ok()) return data.status();
    request_.set_namespace_(namespace_);
    request_.set_topic(topic_);
    *request_.mutable_data() = std::move(*data);
    request_.set_exclude_peer(exclude_);
    request_.set_idempotency_key(key_);
    return absl::OkStatus();
  }

  absl::Status Run(BrokerClient& broker, const GlobalOptions& options,
                   Terminal& terminal) override {
    const auto response = broker.Publish(request_);
    if (!response.ok()) return response.status();
    if (options.output == OutputFormat::kJson) return PrintJson(*response, terminal.out);
    terminal.out << "published " << Printable(response->id()) << " to "
                 << Count(response->local_count(), "peer") << " of this node\n";
    return absl::OkStatus();
  }

 private:
  std::string namespace_;
  std::string topic_;
  DataArgument data_;
  std::string exclude_;
  std::string key_;
  v1::PublishRequest request_;
};

}  // namespace

std::unique_ptr<Command> MakePublish() { return std::make_unique<PublishCommand>(); }

}  // namespace hookcast::cli
