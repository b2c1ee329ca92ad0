#include "edge/entry_rules.h"

#include <string_view>
#include <utility>

namespace hookcast::edge {
namespace {

using metrics::Refusal;

EntryRefusal Refused(Refusal cause, int status, std::string_view sentence,
                     std::string_view retry_after = {}) {
  EntryRefusal refusal{cause, HttpResponse::Text(status, sentence)};
  if (!retry_after.empty()) refusal.response.headers.emplace_back("Retry-After", retry_after);
  return refusal;
}

EntryRefusal RefusedByLimit(Refusal cause) {
  // A rate has room again within a second; when a connection ends nobody knows.
  switch (cause) {
    case Refusal::kConnectionsPerAddress:
      return Refused(cause, 429, "Your address has as many connections here as it may have.", "5");
    case Refusal::kConnectRatePerAddress:
      return Refused(cause, 429, "Your address connects here too fast; try again.", "1");
    case Refusal::kConnectRate:
      return Refused(cause, 503, "Too many clients connect here at once; try again.", "1");
    default:
      return Refused(cause, 503, "This node has as many connections here as it may have.", "5");
  }
}

}  // namespace

EntryRules::EntryRules(const config::ProxiesConfig& proxies, const config::RouteTable* routes)
    : proxies_(proxies), routes_(routes) {
  rules_.reserve(routes->routes().size());
  for (const config::Route& route : routes->routes()) {
    rules_.push_back({OriginPolicy(route.allowed_origins), ConnectionLimits::For(route.limits)});
  }
}

std::optional<EntryRefusal> EntryRules::CheckOrigin(const config::Route& route,
                                                    const HttpRequest& request) const {
  if (RulesOf(route).origins.Allows(request)) return std::nullopt;
  return Refused(Refusal::kOrigin, 403,
                 "The Origin of this request is not one that may connect here; allowed_origins "
                 "of the route names those that may.");
}

std::variant<EntryRules::Place, EntryRefusal> EntryRules::Enter(const config::Route& route,
                                                                const HttpRequest& request,
                                                                const ClientAddress& client,
                                                                TimePoint now) {
  if (auto refusal = CheckOrigin(route, request)) return *std::move(refusal);
  ConnectionLimits* const limits = RulesOf(route).limits.get();
  if (limits == nullptr) return Place();
  auto taken = limits->Take(client.ip, now);
  if (auto* place = std::get_if<Place>(&taken)) return std::move(*place);
  return RefusedByLimit(std::get<Refusal>(taken));
}

}  // namespace hookcast::edge
