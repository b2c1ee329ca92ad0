#pragma once

#include <optional>
#include <string>
#include <string_view>

#include "broker/base/ids.h"

namespace hookcast::backplane {

// The names of what a node uses in Redis. Two different namespaces have two different names,
// whatever they hold; none can be taken for a pattern, nor for a hash tag of Redis Cluster.
//
// Thread: any; immutable.
class RedisNames {
 public:
  RedisNames(std::string_view prefix, Incarnation incarnation);

  // "<prefix>:ns:<namespace>", with `{`, `}`, `%` and control characters as `%` and two hexadecimal
  // digits; the empty namespace is `%`.
  std::string OfNamespace(std::string_view ns) const;
  // The same, into `*out` in place of what it held.
  void OfNamespace(std::string_view ns, std::string* out) const;
  // What OfNamespace made `name` of; null for anything else.
  std::optional<std::string> NamespaceOf(std::string_view name) const;
  bool IsOfNamespace(std::string_view name) const { return name.starts_with(namespaces_); }

  // Where nodes tell all others about themselves.
  const std::string& announcements() const { return announcements_; }
  // Where this node alone listens, and finds out whether it hears.
  const std::string& own() const { return own_; }

 private:
  const std::string namespaces_;  // how the names of namespaces begin
  const std::string announcements_;
  const std::string own_;
};

}  // namespace hookcast::backplane
