#include <cstdint>
#include <memory>
#include <optional>
#include <ostream>
#include <utility>

#include "CLI/CLI.hpp"
#include "absl/strings/numbers.h"
#include "absl/strings/str_cat.h"
#include "cli/broker_client.h"
#include "cli/commands.h"
#include "cli/data_argument.h"
#include "cli/failure.h"
#include "cli/json_output.h"
#include "cli/message_source.h"
#include "cli/name_check.h"
#include "cli/publish_run.h"
#include "cli/text.h"
#include "cli/utf8_check.h"

namespace hookcast::cli {
namespace {

auto RateCheck() {
  return [](const std::string& text) -> std::string {
    double rate = 0;
    const bool good = absl::SimpleAtod(text, &rate) && rate >= 0.001 && rate <= 1e6;
    return good ? "" : absl::StrCat(Quoted(text), " is not a number from 0.001 to 1000000");
  };
}

class PublishCommand final : public Command {
 public:
  std::string name() const override { return "publish"; }
  std::string summary() const override { return "Publish a message to a topic of a namespace"; }

  std::string example() const override {
    return "hookcast publish /rooms/a chat 'hello'\n"
           "hookcast publish /rooms/a chat @picture.png --binary\n"
           "hookcast publish /rooms/a load tick --count 1000 --rate 50\n"
           "tail -F app.log | hookcast publish /logs app --lines -";
  }

  void Declare(CLI::App& app) override {
    app.add_option("NAMESPACE", namespace_,
                   "Often the path that peers connect to, such as /rooms/a")
        ->required()
        ->type_name("")
        ->check(NamespaceCheck());
    app.add_option("TOPIC", topic_, "Peers subscribed to it get the message")
        ->required()
        ->type_name("")
        ->check(TopicCheck());
    data_.Declare(app)->required();
    CLI::Option* count =
        app.add_option_function<uint64_t>(
               "--count", [this](const uint64_t& count) { count_ = count; },
               "Publish it so many times, and sum up")
            ->type_name("NUMBER")
            ->check(CLI::Range(uint64_t{1}, uint64_t{1'000'000'000}).description(""));
    app.add_flag("--lines", lines_, "Each line of DATA is a message; sum up")->excludes(count);
    app.add_option("--rate", rate_, "With --count or --lines: so many a second, evenly")
        ->type_name("NUMBER")
        ->check(RateCheck());
    app.add_option("--exclude", exclude_, "Leave this peer out")
        ->type_name("PEER")
        ->check(Utf8Check());
    app.add_option("--key", key_,
                   "Idempotency key: what has the same one is delivered once within 60 s")
        ->type_name("KEY")
        ->check(KeyCheck());
  }

  absl::Status Prepare(Terminal& terminal) override {
    request_.set_namespace_(namespace_);
    request_.set_topic(topic_);
    request_.set_exclude_peer(exclude_);
    request_.set_idempotency_key(key_);
    const bool many = count_ || lines_;
    if (rate_ > 0 && !many) {
      return UsageFailure("--rate is given for one message", "add --count NUMBER, or --lines");
    }
    if (!key_.empty() && many) {
      return UsageFailure("--key is given for more than one message",
                          "leave --key out: what has the same key is not delivered again");
    }
    return lines_ ? OpenLines(terminal) : ReadData(terminal);
  }

  absl::Status Run(BrokerClient& broker, const GlobalOptions& options,
                   Terminal& terminal) override {
    if (source_) {
      return PublishRun(&broker, &terminal, request_, rate_)
          .Run(source_.get(), terminal.stop_on(StopOn::kInterrupt), options.output);
    }
    const auto response = broker.Publish(request_);
    if (!response.ok()) return response.status();
    if (options.output == OutputFormat::kJson) return PrintJson(*response, terminal.out);
    terminal.out << "published " << Printable(response->id()) << " to "
                 << Count(response->local_count(), "peer") << " of this node\n";
    return absl::OkStatus();
  }

 private:
  // Reading starts when messages can be published.
  absl::Status OpenLines(Terminal& terminal) {
    if (auto status = data_.Check(); !status.ok()) return status;
    auto stream = data_.Open(terminal, terminal.stop_on(StopOn::kInterrupt));
    if (!stream.ok()) return stream.status();
    stream_ = std::move(*stream);
    source_ = std::make_unique<MessageLines>(stream_.in, stream_.name, &data_);
    return absl::OkStatus();
  }

  absl::Status ReadData(Terminal& terminal) {
    auto data = data_.Read(terminal);
    if (!data.ok()) return data.status();
    if (count_) {
      source_ = std::make_unique<RepeatedMessage>(std::move(*data), *count_);
    } else {
      *request_.mutable_data() = std::move(*data);
    }
    return absl::OkStatus();
  }

  std::string namespace_;
  std::string topic_;
  DataArgument data_;
  std::string exclude_;
  std::string key_;
  std::optional<uint64_t> count_;
  bool lines_ = false;
  double rate_ = 0;             // 0: as fast as it goes
  v1::PublishRequest request_;  // without data where there are many
  DataArgument::Stream stream_ = {};
  std::unique_ptr<MessageSource> source_;  // set: there are many messages
};

}  // namespace

std::unique_ptr<Command> MakePublish() { return std::make_unique<PublishCommand>(); }

}  // namespace hookcast::cli
