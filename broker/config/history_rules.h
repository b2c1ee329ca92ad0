#pragma once

#include <string_view>
#include <vector>

#include "broker/base/string_map.h"
#include "broker/config/config.h"
#include "broker/config/name_pattern.h"

namespace hookcast::config {

// What each namespace keeps of past messages, by its name alone: what `namespaces` says of it, and
// the routes with a history for the namespaces that they give, whoever else uses those. Of several
// that match a name NamePattern::MoreSpecificThan decides; of equals `namespaces` goes before the
// routes, and the earlier before the later.
//
// Thread: any; immutable.
class HistoryRules {
 public:
  // REQUIRES: a checked configuration.
  explicit HistoryRules(const Config& config);

  // No namespace keeps anything.
  bool empty() const { return exact_.empty() && by_prefix_.empty(); }

  // Size 0 where the namespace keeps nothing. Costs a look-up for each different length of the text
  // in front of a pattern's first place, and then the patterns with the same text there, however
  // many others there are.
  History Of(std::string_view ns) const;

 private:
  struct Rule {
    NamePattern pattern;
    History history;
  };

  void Add(NamePattern pattern, const History& history);

  StringMap<History> exact_;
  // Those that are not exact, by their prefixes, the most specific first.
  StringMap<std::vector<Rule>> by_prefix_;
  std::vector<size_t> lengths_;  // of the prefixes, each once, the longest first
};

}  // namespace hookcast::config
