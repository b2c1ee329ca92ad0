#include <ostream>

#include "CLI/CLI.hpp"
#include "absl/strings/str_cat.h"
#include "cli/broker_client.h"
#include "cli/commands.h"
#include "cli/json_output.h"
#include "cli/pages.h"
#include "cli/table.h"

namespace hookcast::cli {
namespace {

class NamespacesCommand final : public Command {
 public:
  std::string name() const override { return "namespaces"; }
  std::string summary() const override { return "List the namespaces that have a peer"; }
  std::string example() const override { return "hookcast namespaces --limit 10"; }

  void Declare(CLI::App& app) override { limit_.Declare(app); }

  absl::Status Run(BrokerClient& broker, const GlobalOptions& options,
                   Terminal& terminal) override {
    const auto list = FetchPages(
        v1::ListNamespacesRequest(), limit_,
        [&](const auto& page) { return broker.ListNamespaces(page); },
        [](const v1::ListNamespacesResponse& names) { return names.namespaces_size(); });
    if (!list.ok()) return list.status();
    if (list->partial()) WarnPartial(terminal);
    if (options.output == OutputFormat::kJson) return PrintJson(*list, terminal.out);
    Table table({"NAMESPACE", "PEERS", "TOPICS"});
    for (const v1::NamespaceInfo& name : list->namespaces()) {
      table.AddRow({name.namespace_(), absl::StrCat(name.peers()), absl::StrCat(name.topics())});
    }
    PrintList(table, list->namespaces_size(), "namespace", !list->next_cursor().empty(), terminal);
    return absl::OkStatus();
  }

 private:
  ListLimit limit_;
};

}  // namespace

std::unique_ptr<Command> MakeNamespaces() { return std::make_unique<NamespacesCommand>(); }

}  // namespace hookcast::cli
