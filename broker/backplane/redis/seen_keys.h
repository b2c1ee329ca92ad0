#pragma once

#include <cstddef>
#include <deque>
#include <string>
#include <string_view>

#include "absl/container/flat_hash_set.h"
#include "broker/base/clock.h"
#include "broker/base/mutex.h"
#include "broker/base/string_map.h"
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

 private:
  struct Seen {
    std::string name;
    TimePoint at;
  };

  void ForgetOldest() HOOKCAST_REQUIRES(mutex_);

  metrics::Catalogue* const metrics_;
  Mutex mutex_;
  // The length of the namespace, the namespace, the key.
  absl::flat_hash_set<std::string, StringHash, std::equal_to<>> names_ HOOKCAST_GUARDED_BY(mutex_);
  std::deque<Seen> oldest_first_ HOOKCAST_GUARDED_BY(mutex_);
  size_t bytes_ HOOKCAST_GUARDED_BY(mutex_) = 0;
};

}  // namespace hookcast::backplane
