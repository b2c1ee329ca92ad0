#include "broker/pubsub/interest_table.h"

#include <algorithm>

#include "broker/pubsub/backplane.h"

namespace hookcast::pubsub {

InterestTable::InterestTable(Backplane* backplane) : backplane_(backplane) {}

const InterestTable::Stripe& InterestTable::StripeOf(std::string_view ns) const {
  // The map inside takes the low bits of the same hash.
  return stripes_[StringHash{}(ns) >> 32 & (kStripes - 1)];
}

void InterestTable::Add(std::string_view ns, ShardId shard) {
  auto& stripe = const_cast<Stripe&>(StripeOf(ns));
  const MutexLock lock(&stripe.mutex);
  Shards& shards = stripe.namespaces[ns];
  shards.push_back(shard);
  if (shards.size() == 1) backplane_->Subscribe(ns);
}

void InterestTable::Remove(std::string_view ns, ShardId shard) {
  auto& stripe = const_cast<Stripe&>(StripeOf(ns));
  const MutexLock lock(&stripe.mutex);
  const auto found = stripe.namespaces.find(ns);
  if (found == stripe.namespaces.end()) return;
  Shards& shards = found->second;
  shards.erase(std::remove(shards.begin(), shards.end(), shard), shards.end());
  if (!shards.empty()) return;
  stripe.namespaces.erase(found);
  backplane_->Unsubscribe(ns);
}

InterestTable::Shards InterestTable::ShardsOf(std::string_view ns) const {
  const Stripe& stripe = StripeOf(ns);
  const MutexLock lock(&stripe.mutex);
  const auto found = stripe.namespaces.find(ns);
  return found == stripe.namespaces.end() ? Shards() : found->second;
}

}  // namespace hookcast::pubsub
