#include "edge/proxy_rules.h"

#include <algorithm>
#include <utility>

#include "edge/forwarded_element.h"
#include "edge/header_list.h"
#include "edge/websocket/http_grammar.h"

namespace hookcast::edge {
namespace {

using websocket::EqualsIgnoringCase;

// Some proxies name the WebSocket's own schemes.
bool IsTls(std::string_view proto) {
  return EqualsIgnoringCase(proto, "https") || EqualsIgnoringCase(proto, "wss");
}

}  // namespace

ProxyRules::ProxyRules(const config::ProxiesConfig& proxies)
    : hops_(proxies.hops), header_(proxies.header) {
  for (const std::string& text : proxies.trusted) {
    auto network = IpNetwork::Parse(text);
    if (network.ok()) trusted_.push_back(*network);  // else nobody is trusted for it
  }
}

bool ProxyRules::Trusts(const ClientAddress& from, int walked) const {
  if (hops_ > 0) return walked < hops_;
  return std::any_of(trusted_.begin(), trusted_.end(),
                     [&](const IpNetwork& network) { return network.Contains(from.ip); });
}

ClientAddress ProxyRules::Resolve(std::string_view socket_address,
                                  const HttpHeaders& headers) const {
  ClientAddress client =
      ClientAddress::Parse(socket_address).value_or(ClientAddress{std::string(socket_address)});
  if (!Trusts(client, 0)) return client;
  const bool standard = header_ == config::ProxyHeader::kForwarded;
  HeaderListFromEnd steps(headers, standard ? "Forwarded" : "X-Forwarded-For");
  HeaderListFromEnd protos(headers, standard ? "" : "X-Forwarded-Proto");
  bool tls = false;
  for (int walked = 0; Trusts(client, walked); ++walked) {
    if (const auto proto = protos.Next()) tls = IsTls(*proto);
    const auto step = steps.Next();
    if (!step) break;
    ForwardedElement element{std::string(*step), ""};
    if (standard) {
      if (!ForwardedElement::Parse(*step, &element)) break;
      tls = IsTls(element.proto);
    }
    std::optional<ClientAddress> next = ClientAddress::Parse(element.from);
    if (!next) break;
    client = *std::move(next);
  }
  client.tls = tls;
  return client;
}

}  // namespace hookcast::edge
