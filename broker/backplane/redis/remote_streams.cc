#include "broker/backplane/redis/remote_streams.h"

#include <algorithm>
#include <utility>

namespace hookcast::backplane {

RemoteStreams::Namespace* RemoteStreams::Find(std::string_view ns, TimePoint now) {
  const auto found = namespaces_.find(ns);
  Namespace* n = nullptr;
  if (found != namespaces_.end()) {
    n = found->second.get();
    oldest_first_.splice(oldest_first_.end(), oldest_first_, n->at);
  } else {
    if (namespaces_.size() >= most_ && !oldest_first_.empty()) Erase(oldest_first_.front());
    auto made = std::make_unique<Namespace>();
    n = made.get();
    n->name = ns;
    namespaces_.emplace(n->name, std::move(made));
    n->at = oldest_first_.insert(oldest_first_.end(), n);
  }
  n->last = now;
  return n;
}

RemoteStreams::Verdict RemoteStreams::Heard(std::string_view ns, Incarnation origin,
                                            const StreamPlace& place, bool tail, TimePoint now) {
  Namespace* const n = Find(ns, now);
  const auto known = std::find_if(n->origins.begin(), n->origins.end(),
                                  [&](const Origin& o) { return o.incarnation == origin; });
  if (known == n->origins.end()) {
    // Nodes come and go; what is idle makes place.
    std::erase_if(n->origins, [&](const Origin& o) { return now - o.last >= kIdle; });
    if (n->origins.size() >= kMostOrigins) {
      n->origins.erase(
          std::min_element(n->origins.begin(), n->origins.end(),
                           [](const Origin& a, const Origin& b) { return a.last < b.last; }));
    }
    n->origins.push_back({origin, place.stream, place.sequence, now});
    return {};
  }
  Origin& o = *known;
  o.last = now;
  if (place.stream == o.stream) {
    if (place.sequence <= o.sequence) return {.old = !tail};
    const uint64_t behind = place.sequence - o.sequence;
    o.sequence = place.sequence;
    return {.missing = tail ? behind : behind - 1};
  }
  if (place.stream < o.stream) return {.old = true};
  Verdict verdict{.missing = tail ? place.sequence : place.sequence - 1};
  if (place.replaces && place.replaces->stream == o.stream &&
      place.replaces->last_acknowledged > o.sequence) {
    verdict.missing += place.replaces->last_acknowledged - o.sequence;
  }
  o.stream = place.stream;
  o.sequence = place.sequence;
  return verdict;
}

void RemoteStreams::Forget(std::string_view ns) {
  const auto found = namespaces_.find(ns);
  if (found != namespaces_.end()) Erase(found->second.get());
}

void RemoteStreams::Clear() {
  namespaces_.clear();
  oldest_first_.clear();
}

void RemoteStreams::Tick(TimePoint now) {
  while (!oldest_first_.empty() && now - oldest_first_.front()->last >= kIdle) {
    Erase(oldest_first_.front());
  }
}

void RemoteStreams::Erase(Namespace* ns) {
  oldest_first_.erase(ns->at);
  namespaces_.erase(std::string_view(ns->name));
}

}  // namespace hookcast::backplane
