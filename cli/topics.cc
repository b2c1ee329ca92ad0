#include <ostream>

#include "CLI/CLI.hpp"
#include "absl/strings/str_cat.h"
#include "cli/broker_client.h"
#include "cli/commands.h"
#include "cli/json_output.h"
#include "cli/pages.h"
#include "cli/peer_selection.h"
#include "cli/table.h"
#include "cli/utf8_check.h"

namespace hookcast::cli {
namespace {

class TopicsCommand final : public Command {
 public:
  std::string name() const override { return "topics"; }
  std::string summary() const override { return "List the topics that have a subscriber"; }
  std::string example() const override {
    return "hookcast topics\n"
           "hookcast topics /rooms/a --all";
  }

  void Declare(CLI::App& app) override {
    DeclareArgument(app, "NAMESPACE", "Only of this namespace", &namespace_)->check(Utf8Check());
    limit_.Declare(app);
  }

  absl::Status Run(BrokerClient& broker, const GlobalOptions& options,
                   Terminal& terminal) override {
    v1::ListTopicsRequest request;
    if (namespace_) request.set_namespace_(*namespace_);
    const auto list = FetchPages(
        request, limit_, [&](const auto& page) { return broker.ListTopics(page); },
        [](const v1::ListTopicsResponse& topics) { return topics.topics_size(); });
    if (!list.ok()) return list.status();
    if (list->partial()) WarnPartial(terminal);
    if (options.output == OutputFormat::kJson) return PrintJson(*list, terminal.out);
    Table table({"NAMESPACE", "TOPIC", "PEERS"});
    for (const v1::TopicInfo& topic : list->topics()) {
      table.AddRow({topic.namespace_(), topic.topic(), absl::StrCat(topic.peers())});
    }
    PrintList(table, list->topics_size(), "topic", !list->next_cursor().empty(), terminal);
    return absl::OkStatus();
  }

 private:
  Argument namespace_;
  ListLimit limit_;
};

}  // namespace

std::unique_ptr<Command> MakeTopics() { return std::make_unique<TopicsCommand>(); }

}  // namespace hookcast::cli
