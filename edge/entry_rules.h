#pragma once

#include <memory>
#include <optional>
#include <string_view>
#include <variant>
#include <vector>

#include "broker/config/config.h"
#include "broker/config/route_table.h"
#include "broker/metrics/catalogue.h"
#include "edge/client_address.h"
#include "edge/connection_limits.h"
#include "edge/http_message.h"
#include "edge/origin_policy.h"
#include "edge/proxy_rules.h"

namespace hookcast::edge {

// Why a connection is turned away before any hook.
struct EntryRefusal {
  metrics::Refusal cause;
  HttpResponse response;  // repeats nothing that the client sent
};

// What a node decides about connections before any hook, by route. Knows no transport. One a node.
//
// Thread: any.
class EntryRules {
 public:
  // A place of the route's, given back when it is destroyed; null where the route counts none.
  using Place = std::unique_ptr<ConnectionLimits::Slot>;

  // The table outlives this, and this all places.
  EntryRules(const config::ProxiesConfig& proxies, const config::RouteTable* routes);
  EntryRules(const EntryRules&) = delete;
  EntryRules& operator=(const EntryRules&) = delete;

  ClientAddress AddressOf(std::string_view socket_address, const HttpHeaders& headers) const {
    return proxies_.Resolve(socket_address, headers);
  }

  // The refusal of a request from a page that may not ask the route for anything.
  std::optional<EntryRefusal> CheckOrigin(const config::Route& route,
                                          const HttpRequest& request) const;

  // A place: the upgrade hook may be asked. The route is one of the table's.
  std::variant<Place, EntryRefusal> Enter(const config::Route& route, const HttpRequest& request,
                                          const ClientAddress& client, TimePoint now);

 private:
  struct RouteRules {
    OriginPolicy origins;
    std::unique_ptr<ConnectionLimits> limits;  // null for none
  };

  const RouteRules& RulesOf(const config::Route& route) const {
    return rules_[static_cast<size_t>(&route - routes_->routes().data())];
  }

  const ProxyRules proxies_;
  const config::RouteTable* const routes_;
  std::vector<RouteRules> rules_;  // in the order of the table's routes
};

}  // namespace hookcast::edge
