#include "broker/config/history_rules.h"

#include <algorithm>
#include <functional>
#include <utility>

namespace hookcast::config {

HistoryRules::HistoryRules(const Config& config) {
  for (const NamespaceSettings& entry : config.namespaces) {
    Add(NamePattern::OfName(entry.name), entry.history);
  }
  for (const Route& route : config.routes) {
    if (route.history.size > 0) Add(NamePattern::OfRoute(route), route.history);
  }
  for (auto& [prefix, rules] : by_prefix_) {
    std::stable_sort(rules.begin(), rules.end(), [](const Rule& a, const Rule& b) {
      return a.pattern.MoreSpecificThan(b.pattern);
    });
    lengths_.push_back(prefix.size());
  }
  std::sort(lengths_.begin(), lengths_.end(), std::greater<>());
  lengths_.erase(std::unique(lengths_.begin(), lengths_.end()), lengths_.end());
}

void HistoryRules::Add(NamePattern pattern, const History& history) {
  if (pattern.IsExact()) {
    exact_.emplace(pattern.text(), history);
  } else {
    std::vector<Rule>& rules = by_prefix_[pattern.prefix()];
    rules.push_back({std::move(pattern), history});
  }
}

History HistoryRules::Of(std::string_view ns) const {
  if (const auto exact = exact_.find(ns); exact != exact_.end()) return exact->second;
  // Of two that match, the one with the longer prefix is the more specific.
  for (const size_t length : lengths_) {
    if (length > ns.size()) continue;
    const auto rules = by_prefix_.find(ns.substr(0, length));
    if (rules == by_prefix_.end()) continue;
    for (const Rule& rule : rules->second) {
      if (rule.pattern.Match(ns)) return rule.history;
    }
  }
  return {};
}

}  // namespace hookcast::config
