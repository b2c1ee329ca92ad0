#pragma once

#include <optional>
#include <vector>

#include "broker/config/config.h"
#include "broker/config/route_table.h"
#include "broker/metrics/catalogue.h"
#include "edge/http_message.h"
#include "edge/origin_policy.h"

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
  // The table outlives this.
  explicit EntryRules(const config::RouteTable* routes);
  EntryRules(const EntryRules&) = delete;
  EntryRules& operator=(const EntryRules&) = delete;

  // nullopt: the upgrade hook may be asked. The route is one of the table's.
  std::optional<EntryRefusal> Refuse(const config::Route& route, const HttpRequest& request) const;

 private:
  struct RouteRules {
    OriginPolicy origins;
  };

  const config::RouteTable* const routes_;
  std::vector<RouteRules> rules_;  // in the order of the table's routes
};

}  // namespace hookcast::edge
