#pragma once

#include <cstddef>
#include <list>
#include <string>
#include <string_view>

#include "absl/container/flat_hash_map.h"
#include "broker/base/clock.h"
#include "broker/base/mutex.h"
#include "broker/metrics/catalogue.h"

namespace hookcast::backplane {

// The idempotency keys of what was delivered here lately, from whichever node: a message with one
// of them is not delivered again. A key counts for its namespace, for kKept, or until it is the
// oldest of too many.
//
// Thread: any.
class SeenKeys {
 public:
  static constexpr Duration kKept = std::chrono::seconds(60);
  static constexpr size_t kMost = 64 * 1024;
  static constexpr size_t kMostBytes = 16 << 20;  // of namespaces and keys

  // The metrics outlive it.
  explicit SeenKeys(metrics::Catalogue* metrics) : metrics_(metrics) {}

  // False where the key was seen already.
  bool Add(std::string_view ns, std::string_view key, TimePoint now);
  // Its message reached nobody here, and may come again.
  void Remove(std::string_view ns, std::string_view key);

 private:
  struct Seen {
    std::string name;  // the length of the namespace, the namespace, the key
    TimePoint at;
  };
  using List = std::list<Seen>;

  void Forget(List::iterator key) HOOKCAST_REQUIRES(mutex_);

  metrics::Catalogue* const metrics_;
  Mutex mutex_;
  List oldest_first_ HOOKCAST_GUARDED_BY(mutex_);
  // By their names, which are the list's.
  absl::flat_hash_map<std::string_view, List::iterator> seen_ HOOKCAST_GUARDED_BY(mutex_);
  size_t bytes_ HOOKCAST_GUARDED_BY(mutex_) = 0;
};

}  // namespace hookcast::backplane
