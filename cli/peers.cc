#include <algorithm>
#include <cstdint>
#include <limits>
#include <optional>
#include <ostream>
#include <string>
#include <utility>

#include "CLI/CLI.hpp"
#include "absl/strings/str_cat.h"
#include "cli/broker_client.h"
#include "cli/commands.h"
#include "cli/duration.h"
#include "cli/failure.h"
#include "cli/json_output.h"
#include "cli/table.h"
#include "cli/text.h"
#include "cli/transport_name.h"
#include "cli/utf8_check.h"

namespace hookcast::cli {
namespace {

constexpr uint32_t kMostAPage = 1000;

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

  void Declare(CLI::App& app) override {
    // The empty namespace is one of its own, and not the same as none.
    app.add_option_function<std::string>(
           "--namespace", [this](const std::string& name) { namespace_ = name; },
           "Only of this namespace")
        ->type_name("NAMESPACE")
        ->check(Utf8Check());
    app.add_option("--topic", topic_, "Only those subscribed to it")
        ->type_name("TOPIC")
        ->check(Utf8Check());
    app.add_option("--path", path_, "Only those that connected to this path, to the letter")
        ->type_name("PATH")
        ->check(Utf8Check());
    CLI::Option* limit = app.add_option("--limit", limit_, "List at most so many")
                             ->type_name("NUMBER")
                             ->check(CLI::Range(1u, 1'000'000u).description(""))
                             ->capture_default_str();
    app.add_flag("--all", all_, "List all, however many")->excludes(limit);
  }

  absl::Status Run(BrokerClient& broker, const GlobalOptions& options,
                   Terminal& terminal) override {
    const auto list = Fetch(broker);
    if (!list.ok()) return list.status();
    if (list->partial()) {
      terminal.err << "hookcast: the list is partial: a node did not answer in time\n";
    }
    if (options.output == OutputFormat::kJson) return PrintJson(*list, terminal.out);
    Print(*list, terminal);
    return absl::OkStatus();
  }

 private:
  // Pages until the limit, or the end, into one answer.
  absl::StatusOr<v1::ListPeersResponse> Fetch(BrokerClient& broker) const {
    v1::ListPeersRequest request;
    if (namespace_) request.mutable_filter()->set_namespace_(*namespace_);
    if (!topic_.empty()) request.mutable_filter()->set_topic(topic_);
    if (!path_.empty()) request.mutable_filter()->set_path(path_);

    const uint64_t most = all_ ? std::numeric_limits<uint64_t>::max() : limit_;
    v1::ListPeersResponse list;
    do {
      request.set_limit(
          static_cast<uint32_t>(std::min<uint64_t>(kMostAPage, most - list.peers_size())));
      auto page = broker.ListPeers(request);
      if (!page.ok()) return page.status();
      if (!page->next_cursor().empty() && page->next_cursor() == request.cursor()) {
        return RefusedFailure(absl::StatusCode::kInternal,
                              "the node answered a page with the cursor of that page");
      }
      request.set_cursor(page->next_cursor());
      list.set_next_cursor(page->next_cursor());
      list.set_total(page->total());
      list.set_partial(list.partial() || page->partial());
      for (v1::PeerInfo& peer : *page->mutable_peers()) *list.add_peers() = std::move(peer);
    } while (!list.next_cursor().empty() && static_cast<uint64_t>(list.peers_size()) < most);
    return list;
  }

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

  std::optional<std::string> namespace_;
  std::string topic_;
  std::string path_;
  uint32_t limit_ = 100;
  bool all_ = false;
};

}  // namespace

std::unique_ptr<Command> MakePeers() { return std::make_unique<PeersCommand>(); }

}  // namespace hookcast::cli
