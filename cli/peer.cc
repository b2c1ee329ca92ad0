#include <algorithm>
#include <ostream>
#include <string>
#include <string_view>
#include <vector>

#include "CLI/CLI.hpp"
#include "absl/strings/str_cat.h"
#include "absl/strings/str_join.h"
#include "absl/time/time.h"
#include "cli/broker_client.h"
#include "cli/commands.h"
#include "cli/duration.h"
#include "cli/json_output.h"
#include "cli/peer_argument.h"
#include "cli/redact.h"
#include "cli/table.h"
#include "cli/text.h"
#include "cli/transport_name.h"
#include "nlohmann/json.hpp"

namespace hookcast::cli {
namespace {

std::string ShowParams(const google::protobuf::Map<std::string, std::string>& params) {
  // The map has no order of its own; a listing should.
  std::vector<std::string> pairs;
  for (const auto& [name, value] : params) pairs.push_back(absl::StrCat(name, "=", value));
  std::sort(pairs.begin(), pairs.end());
  return absl::StrJoin(pairs, ", ");
}

std::string ShowConnected(const v1::PeerInfo& info, absl::Time now) {
  const absl::Time at = FromProto(info.connected_at());
  return absl::StrCat(absl::FormatTime("%Y-%m-%dT%H:%M:%SZ", at, absl::UTCTimeZone()), " (",
                      FormatAge(now - at), " ago)");
}

std::string ShowTls(const v1::TlsInfo& tls) {
  std::string shown = absl::StrCat(tls.protocol(), " ", tls.cipher());
  if (!tls.server_name().empty()) absl::StrAppend(&shown, ", for ", tls.server_name());
  if (!tls.client_subject().empty()) absl::StrAppend(&shown, ", client ", tls.client_subject());
  return shown;
}

void PrintPeer(const v1::PeerInfo& info, Terminal& terminal) {
  const v1::Peer& peer = info.peer();
  Details details;
  details.Add("id", peer.id());
  details.Add("namespace", peer.namespace_());
  details.Add("node", info.node());
  details.Add("transport", TransportName(peer.transport()));
  details.Add("subprotocol", peer.subprotocol());
  details.Add("address", peer.remote_address());
  details.Add("connected", ShowConnected(info, terminal.now()));
  details.Add("path", peer.path());
  details.Add("route", peer.route());
  details.Add("params", ShowParams(peer.params()));
  details.Add("topics", absl::StrJoin(peer.topics(), ", "));
  details.Add("received", Count(info.received_messages(), "message"));
  details.Add("sent", Count(info.sent_messages(), "message"));
  details.Add("queued", FormatBytes(info.queued_bytes()));
  details.Add("hooks", absl::StrCat(info.pending_hooks(), " pending"));
  details.Print(terminal.out);
}

void PrintRequest(const v1::Request& request, Terminal& terminal) {
  Details details;
  details.Add("request", absl::StrCat(request.method(), " ", request.target()));
  if (request.has_tls()) details.Add("tls", ShowTls(request.tls()));
  if (request.subprotocols_size() > 0) {
    details.Add("offered", absl::StrJoin(request.subprotocols(), ", "));
  }
  terminal.out << '\n';
  details.Print(terminal.out);
  if (request.headers_size() == 0) return;
  terminal.out << "\nheaders\n";
  for (const v1::Header& header : request.headers()) {
    terminal.out << "  " << Printable(header.name()) << ": " << Printable(header.value()) << '\n';
  }
}

absl::Status PrintContext(const v1::Context& context, Terminal& terminal) {
  if (context.has_bytes()) {
    terminal.out << "\ncontext  " << FormatBytes(context.bytes().size())
                 << " that are not JSON; --output json shows them as base64\n";
    return absl::OkStatus();
  }
  if (!context.has_fields()) return absl::OkStatus();
  const auto compact = ToJson(context.fields());
  if (!compact.ok()) return compact.status();
  using Json = nlohmann::ordered_json;
  const std::string indented =
      Json::parse(*compact, nullptr, /*allow_exceptions=*/false)
          .dump(2, ' ', /*ensure_ascii=*/false, Json::error_handler_t::replace);
  terminal.out << "\ncontext\n";
  for (std::string_view rest = indented; !rest.empty();) {
    const size_t end = std::min(rest.find('\n'), rest.size());
    terminal.out << "  " << Printable(rest.substr(0, end)) << '\n';
    rest.remove_prefix(std::min(end + 1, rest.size()));
  }
  return absl::OkStatus();
}

class PeerCommand final : public Command {
 public:
  std::string name() const override { return "peer"; }
  std::string summary() const override { return "Show one peer, with its request and context"; }

  std::string example() const override { return "hookcast peer PEER"; }

  void Declare(CLI::App& app) override {
    DeclarePeer(app, &peer_);
    app.add_flag("--secrets", secrets_, "Show query values and credentials as they came, not ***");
  }

  absl::Status Run(BrokerClient& broker, const GlobalOptions& options,
                   Terminal& terminal) override {
    v1::GetPeerRequest request;
    request.set_peer(peer_);
    auto response = broker.GetPeer(request);
    if (!response.ok()) return ExplainPeer(response.status());
    v1::PeerInfo* info = response->mutable_peer();
    if (!secrets_) HideSecrets(info);
    if (options.output == OutputFormat::kJson) return PrintJson(*response, terminal.out);
    PrintPeer(*info, terminal);
    if (info->has_request()) PrintRequest(info->request(), terminal);
    return PrintContext(info->peer().context(), terminal);
  }

 private:
  std::string peer_;
  bool secrets_ = false;
};

}  // namespace

std::unique_ptr<Command> MakePeer() { return std::make_unique<PeerCommand>(); }

}  // namespace hookcast::cli
