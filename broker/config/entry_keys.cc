#include "broker/config/entry_keys.h"

#include <string>
#include <utility>
#include <vector>

#include "broker/config/key_kinds.h"
#include "broker/config/value_types.h"

namespace hookcast::config {

void AddOriginKeys(KeyTable<Route>* keys) {
  keys->push_back(List<Route>(
      "allowed_origins", OriginType(), [](const Route& route) { return route.allowed_origins; },
      [](Route* route, std::vector<std::string> origins) {
        route->allowed_origins = std::move(origins);
      },
      "Origins whose pages may connect, others get 403; clients that are no browser send none and "
      "pass. Empty: any."));
}

}  // namespace hookcast::config
