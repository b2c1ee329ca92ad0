#pragma once

#include <cstddef>
#include <functional>
#include <memory>
#include <optional>
#include <string>
#include <string_view>
#include <unordered_map>
#include <vector>

#include "broker/config/config.h"
#include "broker/config/path_pattern.h"

namespace hookcast::config {

// Finds the route of a path: exact before `{param}` before `*`, segment by segment. Paths without
// parameters cost one hash lookup however many routes there are; the others walk a tree of
// segments, at worst each of its nodes once.
//
// Owns its routes; pointers to them stay good as long as the table. Thread: any; immutable.
class RouteTable {
 public:
  // REQUIRES: routes of a checked Config. A route whose path does not parse matches nothing; of two
  // that match the same paths the first counts.
  explicit RouteTable(std::vector<Route> routes);
  RouteTable(const RouteTable&) = delete;
  RouteTable& operator=(const RouteTable&) = delete;
  ~RouteTable();

  // The route for `raw_path`, the path of a request's target undecoded and without its query, or
  // null. Replaces `*params` by what the path's parameters hold, where the pointer is not null.
  const Route* Match(std::string_view raw_path, Params* params) const;

  const std::vector<Route>& routes() const { return routes_; }

 private:
  struct Node;
  struct Hash {
    using is_transparent = void;
    size_t operator()(std::string_view text) const { return std::hash<std::string_view>()(text); }
  };
  template <typename Value>
  using StringMap = std::unordered_map<std::string, Value, Hash, std::equal_to<>>;

  void Insert(const PathPattern& pattern, size_t index);
  static const size_t* Find(const Node& node, std::string_view rest);

  std::vector<Route> routes_;
  std::vector<std::optional<PathPattern>> patterns_;  // of routes_, in the same order
  StringMap<size_t> exact_;                           // path to index in routes_
  std::unique_ptr<Node> root_;                        // the routes that are not exact
};

}  // namespace hookcast::config
