#include "broker/config/history_rules.h"

#include <algorithm>
#include <utility>

namespace hookcast::config {

HistoryRules::HistoryRules(const Config& config) {
  for (const NamespaceSettings& entry : config.namespaces) {
    Add(NamePattern::OfName(entry.name), entry.history);
  }
  for (const Route& route : config.routes) {
    if (route.history.size > 0) Add(NamePattern::OfRoute(route), route.history);
  }
  std::stable_sort(rules_.begin(), rules_.end(), [](const Rule& a, const Rule& b) {
    return a.pattern.MoreSpecificThan(b.pattern);
  });
}

void HistoryRules::Add(NamePattern pattern, const History& history) {
  if (pattern.IsExact()) {
    exact_.emplace(pattern.text(), history);
  } else {
    rules_.push_back({std::move(pattern), history});
  }
}

History HistoryRules::Of(std::string_view ns) const {
  if (const auto exact = exact_.find(ns); exact != exact_.end()) return exact->second;
  for (const Rule& rule : rules_) {
    if (rule.pattern.Match(ns)) return rule.history;
  }
  return {};
}

}  // namespace hookcast::config
