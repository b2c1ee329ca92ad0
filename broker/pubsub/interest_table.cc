#include "broker/pubsub/interest_table.h"

#include <algorithm>

#include "broker/pubsub/backplane.h"

namespace hookcast::pubsub {

InterestTable::InterestTable(Backplane* backplane) : backplane_(backplane) {}

const InterestTable::Stripe& InterestTable::StripeOf(std::string_view ns) const {
  // The map inside takes the low bits of the same hash.
  return stripes_[StringHash{}(ns) >> 32 & (kStripes - 1)];
}

template <typename Change>
void InterestTable::Tracked(std::string_view ns, Change change) {
  auto& stripe = const_cast<Stripe&>(StripeOf(ns));
  const MutexLock lock(&stripe.mutex);
  auto found = stripe.namespaces.find(ns);
  const bool wanted = found != stripe.namespaces.end();
  if (!wanted) found = stripe.namespaces.emplace(std::string(ns), Wanted()).first;
  change(&found->second);
  const bool wants = !found->second.shards.empty() || found->second.held != 0;
  if (!wants) stripe.namespaces.erase(found);
  if (wants && !wanted) backplane_->Subscribe(ns);
  if (!wants && wanted) backplane_->Unsubscribe(ns);
}

void InterestTable::Add(std::string_view ns, ShardId shard) {
  Tracked(ns, [shard](Wanted* wanted) { wanted->shards.push_back(shard); });
}

void InterestTable::Remove(std::string_view ns, ShardId shard) {
  Tracked(ns, [shard](Wanted* wanted) {
    Shards& shards = wanted->shards;
    shards.erase(std::remove(shards.begin(), shards.end(), shard), shards.end());
  });
}

void InterestTable::Hold(std::string_view ns) {
  Tracked(ns, [](Wanted* wanted) { ++wanted->held; });
}

void InterestTable::Release(std::string_view ns) {
  Tracked(ns, [](Wanted* wanted) {
    if (wanted->held != 0) --wanted->held;
  });
}

InterestTable::Shards InterestTable::ShardsOf(std::string_view ns) const {
  const Stripe& stripe = StripeOf(ns);
  const MutexLock lock(&stripe.mutex);
  const auto found = stripe.namespaces.find(ns);
  return found == stripe.namespaces.end() ? Shards() : found->second.shards;
}

}  // namespace hookcast::pubsub
