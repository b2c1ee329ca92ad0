#pragma once

#include <array>
#include <cstdint>
#include <string>
#include <string_view>

#include "absl/container/inlined_vector.h"
#include "broker/base/ids.h"
#include "broker/base/mutex.h"
#include "broker/base/shard_role.h"
#include "broker/base/string_map.h"

namespace hookcast::pubsub {

class Backplane;

// Which namespaces this node wants to hear of, which of its shards want each, and how many others
// do, who look on. Tells the backplane when the first of them begins to want a namespace and when
// the last one ceases.
//
// Thread: any.
class InterestTable {
 public:
  using Shards = absl::InlinedVector<ShardId, 4>;

  // The backplane outlives the table.
  explicit InterestTable(Backplane* backplane);

  // REQUIRES: each Add is followed by one Remove of the same pair before it is added again.
  void Add(std::string_view ns, ShardId shard);
  void Remove(std::string_view ns, ShardId shard);

  // The same for somebody who is no shard. REQUIRES: each Hold is followed by one Release.
  void Hold(std::string_view ns);
  void Release(std::string_view ns);

  Backplane& backplane() const { return *backplane_; }

  // The shards that want the namespace now, in no particular order.
  Shards ShardsOf(std::string_view ns) const;

 private:
  // Publishes read one stripe under its lock; stripes keep shards out of each other's way. The
  // backplane is told under the lock, so that it hears of one namespace in the order of its
  // changes.
  struct Wanted {
    Shards shards;
    uint32_t held = 0;
  };
  struct Stripe {
    mutable Mutex mutex;
    StringMap<Wanted> namespaces HOOKCAST_GUARDED_BY(mutex);
  };
  static constexpr size_t kStripes = 16;

  // Tells the backplane what `change` did.
  template <typename Change>
  void Tracked(std::string_view ns, Change change);
  const Stripe& StripeOf(std::string_view ns) const;

  Backplane* const backplane_;
  std::array<Stripe, kStripes> stripes_;
};

}  // namespace hookcast::pubsub
