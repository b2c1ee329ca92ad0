#include <algorithm>
#include <cstdint>
#include <ostream>
#include <string>

#include "CLI/CLI.hpp"
#include "absl/strings/str_cat.h"
#include "cli/broker_client.h"
#include "cli/commands.h"
#include "cli/duration.h"
#include "cli/filter_options.h"
#include "cli/json_output.h"
#include "cli/pages.h"
#include "cli/table.h"
#include "cli/text.h"
#include "cli/transport_name.h"

namespace hookcast::cli {
namespace {

// Three names, and how many more there are: a peer may have over a hundred.
std::string ShowTopics(const google::protobuf::RepeatedPtrField<std::string>& topics) {
  constexpr int kShown = 3;
  std::string shown;
  for (int i = 0; i < std::min(topics.size(), kShown); ++i) {
    absl::StrAppend(&shown, i == 0 ? "" : ",", topics[i]);
  }
  if (topics.size() > kShown) absl::StrAppend(&shown, ",+", topics.size() - kShown);
  return shown;
}

class PeersCommand final : public Command {
 public:
  std::string name() const override { return "peers"; }
  std::string summary() const override { return "List the peers of the cluster"; }

  std::string example() const override {
    return "hookcast peers --namespace /rooms/a\n"
           "hookcast peers --route '/rooms/{room}' --all --output json";
  }

  void Declare(CLI::App& app) override {
    filter_.Declare(app);
    limit_.Declare(app);
  }

  absl::Status Run(BrokerClient& broker, const GlobalOptions& options,
                   Terminal& terminal) override {
    v1::ListPeersRequest request;
    if (filter_.given()) *request.mutable_filter() = filter_.filter();
    const auto list = FetchPages(
        request, limit_, [&](const auto& page) { return broker.ListPeers(page); },
        [](const v1::ListPeersResponse& peers) { return peers.peers_size(); });
    if (!list.ok()) return list.status();
    if (list->partial()) WarnPartial(terminal);
    if (options.output == OutputFormat::kJson) return PrintJson(*list, terminal.out);
    Print(*list, terminal);
    return absl::OkStatus();
  }

 private:
  static void Print(const v1::ListPeersResponse& list, Terminal& terminal) {
    if (list.peers_size() > 0) {
      Table table({"ID", "NAMESPACE", "TRANSPORT", "TOPICS", "ADDRESS", "AGE", "QUEUED"});
      for (const v1::PeerInfo& info : list.peers()) {
        const v1::Peer& peer = info.peer();
        table.AddRow({peer.id(), peer.namespace_(), TransportName(peer.transport()),
                      ShowTopics(peer.topics()), peer.remote_address(),
                      FormatAge(terminal.now() - FromProto(info.connected_at())),
                      FormatBytes(info.queued_bytes())});
      }
      table.Print(terminal.out);
    }
    const auto shown = static_cast<uint64_t>(list.peers_size());
    if (list.next_cursor().empty()) {
      terminal.out << Count(shown, "peer") << '\n';
    } else {
      terminal.out << shown << " of " << Count(std::max(list.total(), shown), "peer")
                   << "; list more with --limit, or --all\n";
    }
  }

  FilterOptions filter_;
  ListLimit limit_;
};

}  // namespace

std::unique_ptr<Command> MakePeers() { return std::make_unique<PeersCommand>(); }

}  // namespace hookcast::cli
