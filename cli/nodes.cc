#include <cstdint>
#include <ostream>
#include <string>

#include "CLI/CLI.hpp"
#include "absl/strings/str_cat.h"
#include "cli/broker_client.h"
#include "cli/commands.h"
#include "cli/duration.h"
#include "cli/json_output.h"
#include "cli/pages.h"
#include "cli/table.h"
#include "cli/text.h"

namespace hookcast::cli {
namespace {

const char* StateOf(const v1::NodeInfo& node) {
  if (node.silence() == v1::NodeInfo::SILENCE_REFUSED) return "refuses this node";
  if (node.silence() == v1::NodeInfo::SILENCE_UNREACHABLE) return "unreachable";
  if (node.silent()) return "no answer";
  if (node.draining()) return "draining";
  return node.ready() ? "ready" : "not ready";
}

// Why a list of nodes is partial.
void Warn(const v1::ListNodesResponse& list, Terminal& terminal) {
  uint64_t silent = 0;
  uint64_t refusing = 0;
  for (const v1::NodeInfo& node : list.nodes()) {
    silent += node.silent() ? 1 : 0;
    refusing += node.silence() == v1::NodeInfo::SILENCE_REFUSED ? 1 : 0;
  }
  if (silent == 0) {
    terminal.err << "hookcast: the list may be incomplete: the node that was asked has just "
                    "started, or does not hear the others\n";
    return;
  }
  terminal.err << "hookcast: " << Count(silent, "node") << " did not answer, and "
               << (silent == 1 ? "is shown as it last announced itself\n"
                               : "are shown as they last announced themselves\n");
  if (refusing == 0) return;
  terminal.err << "  the cluster.token of " << Count(refusing, "node")
               << " is not that of the one that was asked: set the same on all\n";
}

class NodesCommand final : public Command {
 public:
  std::string name() const override { return "nodes"; }
  std::string summary() const override { return "List the nodes that are alive"; }
  std::string example() const override { return "hookcast nodes --output json"; }

  void Declare(CLI::App&) override {}

  absl::Status Run(BrokerClient& broker, const GlobalOptions& options,
                   Terminal& terminal) override {
    const auto list = broker.ListNodes(v1::ListNodesRequest());
    if (!list.ok()) return list.status();
    if (list->partial()) Warn(*list, terminal);
    if (options.output == OutputFormat::kJson) return PrintJson(*list, terminal.out);
    Table table({"ID", "VERSION", "ADDRESS", "UPTIME", "PEERS", "NAMESPACES", "STATE"});
    for (const v1::NodeInfo& node : list->nodes()) {
      table.AddRow({node.id(), node.version(), node.control_address(),
                    FormatAge(terminal.now() - FromProto(node.started_at())),
                    absl::StrCat(node.peers()), absl::StrCat(node.namespaces()), StateOf(node)});
    }
    PrintList(table, list->nodes_size(), "node", /*more=*/false, terminal);
    return absl::OkStatus();
  }
};

}  // namespace

std::unique_ptr<Command> MakeNodes() { return std::make_unique<NodesCommand>(); }

}  // namespace hookcast::cli
