#pragma once

#include <cstddef>
#include <deque>
#include <memory>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "broker/base/clock.h"
#include "broker/base/mutex.h"
#include "broker/base/string_map.h"
#include "broker/metrics/catalogue.h"
#include "broker/pubsub/published.h"

namespace hookcast::pubsub {

// The idempotency keys that this node saw lately, each for its namespace: a publish with one of
// them is a repeat. A key is kept for kKept from its first publish, or until it is the oldest of
// too many.
//
// Thread: any.
class PublishKeys {
 public:
  static constexpr Duration kKept = std::chrono::seconds(60);
  static constexpr size_t kMost = 64 * 1024;
  static constexpr size_t kMostBytes = 16 << 20;  // of namespaces and keys

  // Both outlive it.
  PublishKeys(const Clock* clock, metrics::Catalogue* metrics);

  // A publish that is to be made. It is settled once; one that is thrown away unsettled failed.
  class Attempt;

  // Nothing where the key was seen and its publish was taken, or is still on its way: `done` gets,
  // or will get, that one's answer. Else the attempt to make under the given id, or, where an
  // earlier one failed, under the id of that one.
  std::optional<Attempt> Begin(std::string_view ns, std::string_view key, MessageId id,
                               PublishedCallback done);

 private:
  struct Entry {
    TimePoint since;
    size_t bytes = 0;
    Mutex mutex;
    bool under_way HOOKCAST_GUARDED_BY(mutex) = true;
    Published answer HOOKCAST_GUARDED_BY(mutex);
    std::vector<PublishedCallback> waiting HOOKCAST_GUARDED_BY(mutex);
  };
  using Entries = StringMap<std::shared_ptr<Entry>>;

  void Forget() HOOKCAST_REQUIRES(mutex_);
  void ForgetOldest() HOOKCAST_REQUIRES(mutex_);

  const Clock* const clock_;
  metrics::Catalogue* const metrics_;
  Mutex mutex_;
  Entries entries_ HOOKCAST_GUARDED_BY(mutex_);  // by namespace and key, see NameOf
  std::deque<std::string> oldest_first_ HOOKCAST_GUARDED_BY(mutex_);
  size_t bytes_ HOOKCAST_GUARDED_BY(mutex_) = 0;
};

class PublishKeys::Attempt {
 public:
  Attempt(Attempt&&) noexcept = default;
  Attempt& operator=(Attempt&&) = delete;
  ~Attempt();

  MessageId id() const { return id_; }
  // Peers of this node that an earlier attempt, which failed elsewhere, had reached.
  uint64_t reached() const { return reached_; }

  // The publish ended: answers whoever asked for it. A failure leaves the key to be tried again.
  void Settle(absl::Status status, uint64_t local_count);

 private:
  friend class PublishKeys;
  Attempt(std::shared_ptr<Entry> entry, MessageId id, uint64_t reached)
      : entry_(std::move(entry)), id_(id), reached_(reached) {}

  std::shared_ptr<Entry> entry_;  // null once settled
  MessageId id_;
  uint64_t reached_;
};

}  // namespace hookcast::pubsub
