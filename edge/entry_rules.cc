#include "edge/entry_rules.h"

namespace hookcast::edge {

using metrics::Refusal;

EntryRules::EntryRules(const config::RouteTable* routes) : routes_(routes) {
  rules_.reserve(routes->routes().size());
  for (const config::Route& route : routes->routes()) {
    rules_.push_back({OriginPolicy(route.allowed_origins)});
  }
}

std::optional<EntryRefusal> EntryRules::Refuse(const config::Route& route,
                                               const HttpRequest& request) const {
  const RouteRules& rules = rules_[static_cast<size_t>(&route - routes_->routes().data())];
  if (!rules.origins.Allows(request)) {
    return EntryRefusal{Refusal::kOrigin,
                        HttpResponse::Text(403,
                                           "The Origin of this request is not one that may connect "
                                           "here; allowed_origins of the route names those that "
                                           "may.")};
  }
  return std::nullopt;
}

}  // namespace hookcast::edge
