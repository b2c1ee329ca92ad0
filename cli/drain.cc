#include <algorithm>
#include <cstdint>
#include <optional>
#include <ostream>
#include <string>

#include "CLI/CLI.hpp"
#include "absl/strings/str_cat.h"
#include "absl/strings/str_format.h"
#include "cli/broker_client.h"
#include "cli/commands.h"
#include "cli/duration.h"
#include "cli/failure.h"
#include "cli/json_output.h"
#include "cli/progress.h"
#include "cli/text.h"
#include "nlohmann/json.hpp"

namespace hookcast::cli {
namespace {

constexpr absl::Duration kLookAgain = absl::Milliseconds(500);
// A list may be partial for other reasons, and for ever; a node that lives is heard within this.
constexpr absl::Duration kGoneAfter = absl::Seconds(10);

constexpr absl::Duration kLongestDrain = absl::Hours(1);  // that a node takes

// What a drain has come to.
struct Drained {
  std::string node;
  uint64_t peers = 0;  // that were to leave
  uint64_t left = 0;   // that have not left yet
  bool interrupted = false;
  absl::Duration took;
};

void PrintDrained(const Drained& drained, OutputFormat output, std::ostream& out) {
  const double seconds = absl::ToDoubleSeconds(drained.took);
  if (output == OutputFormat::kTable) {
    const std::string left =
        drained.left == 0 ? "" : absl::StrCat("; ", Count(drained.left, "peer"), " still to leave");
    out << "drained " << Printable(drained.node) << " of "
        << Count(drained.peers - std::min(drained.left, drained.peers), "peer") << " in "
        << absl::StrFormat("%.1f s", seconds) << left << '\n';
    return;
  }
  const nlohmann::ordered_json object = {{"node", drained.node},
                                         {"peers", drained.peers},
                                         {"left", drained.left},
                                         {"seconds", seconds},
                                         {"interrupted", drained.interrupted}};
  out << object.dump(-1, ' ', /*ensure_ascii=*/true,
                     nlohmann::ordered_json::error_handler_t::replace)
      << '\n';
}

class DrainCommand final : public Command {
 public:
  std::string name() const override { return "drain"; }
  std::string summary() const override { return "Have the peers of a node leave it"; }
  std::string example() const override {
    return "hookcast drain --node 419d300fe2032258 --over 30s";
  }

  void Declare(CLI::App& app) override {
    app.add_option("--node", node_, "The node, by its id; the one that is asked unless told")
        ->type_name("ID");
    app.add_option("--over", over_text_,
                   "Spread it over this time, 0s to 1h; shutdown.drain unless told")
        ->type_name("TIME");
    app.add_flag("--no-wait", no_wait_, "Order it, and do not wait until the peers have left");
  }

  absl::Status Prepare(Terminal&) override {
    if (over_text_.empty()) return absl::OkStatus();
    const auto over = ParseDuration("--over", over_text_, {.most = kLongestDrain});
    if (!over.ok()) return over.status();
    *request_.mutable_over() = ToProto(*over);
    return absl::OkStatus();
  }

  absl::Status Run(BrokerClient& broker, const GlobalOptions& options,
                   Terminal& terminal) override {
    request_.set_node(node_);
    const absl::Duration start = terminal.elapsed();
    const auto ordered = broker.DrainNode(request_);
    if (!ordered.ok()) {
      if (!absl::IsNotFound(ordered.status())) return ordered.status();
      return WithHint(ordered.status(), "hookcast nodes lists the nodes that are alive");
    }
    if (node_.empty()) node_ = ordered->node();
    Drained drained{.node = node_, .peers = ordered->peers(), .left = ordered->peers()};
    if (no_wait_) {
      if (options.output == OutputFormat::kJson) return PrintJson(*ordered, terminal.out);
      terminal.out << "draining " << Printable(node_) << " of " << Count(drained.peers, "peer")
                   << '\n';
      return absl::OkStatus();
    }
    if (absl::Status status = Follow(broker, start, &drained, terminal); !status.ok()) {
      return status;
    }
    PrintDrained(drained, options.output, terminal.out);
    return absl::OkStatus();
  }

 private:
  // Until all peers have left, the node is gone, or an interrupt: the drain goes on all the same.
  absl::Status Follow(BrokerClient& broker, absl::Duration start, Drained* drained,
                      Terminal& terminal) {
    const std::stop_token stop = terminal.stop_on(StopOn::kInterrupt);
    ProgressLine line(&terminal);
    absl::Duration last_seen = terminal.elapsed();
    while (drained->left != 0 && !stop.stop_requested()) {
      line.Show({.published = drained->peers - std::min(drained->left, drained->peers),
                 .total = drained->peers,
                 .took = terminal.elapsed() - start});
      terminal.wait(kLookAgain, stop);
      const auto nodes = broker.ListNodes(v1::ListNodesRequest());
      if (!nodes.ok()) {
        line.Clear();
        terminal.err << "hookcast: the drain goes on, and cannot be looked after\n";
        return WithHint(nodes.status(), "ask another node with --server");
      }
      const auto found =
          std::find_if(nodes->nodes().begin(), nodes->nodes().end(),
                       [this](const v1::NodeInfo& node) { return node.id() == node_; });
      if (found != nodes->nodes().end()) {
        drained->left = found->peers();
        last_seen = terminal.elapsed();
      } else if (!nodes->partial() || terminal.elapsed() - last_seen > kGoneAfter) {
        drained->left = 0;  // it has ended, and is not merely unheard of for the moment
      }
    }
    line.Clear();
    drained->took = terminal.elapsed() - start;
    drained->interrupted = drained->left != 0;
    return absl::OkStatus();
  }

  std::string node_;
  std::string over_text_;
  bool no_wait_ = false;
  v1::DrainNodeRequest request_;
};

}  // namespace

std::unique_ptr<Command> MakeDrain() { return std::make_unique<DrainCommand>(); }

}  // namespace hookcast::cli
