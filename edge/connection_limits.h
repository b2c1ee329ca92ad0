#pragma once

#include <cstddef>
#include <cstdint>
#include <memory>
#include <variant>

#include "absl/container/flat_hash_map.h"
#include "broker/base/clock.h"
#include "broker/base/ip_address.h"
#include "broker/base/mutex.h"
#include "broker/config/config.h"
#include "broker/metrics/catalogue.h"
#include "edge/token_bucket.h"

namespace hookcast::edge {

// How many connections one route has at this node and how fast new ones come, in all and for each
// address: counted exactly, over all shards. An IPv6 address counts with its /64, which is what one
// customer has at least.
//
// Kept for addresses: those with a connection, those with one in the last second, and at most as
// many again, at the last sweep, that are of no use and not swept yet.
//
// Thread: any.
class ConnectionLimits {
 public:
  // The place of one connection, given back at its end. Outlived by its limits.
  class Slot {
   public:
    Slot(const Slot&) = delete;
    Slot& operator=(const Slot&) = delete;
    ~Slot() { limits_->GiveBack(key_); }

   private:
    friend class ConnectionLimits;
    Slot(ConnectionLimits* limits, const IpAddress& key) : limits_(limits), key_(key) {}

    ConnectionLimits* const limits_;
    const IpAddress key_;
  };

  // Null where the route has no such limit.
  static std::unique_ptr<ConnectionLimits> For(const config::RouteLimits& limits);

  // A place, or why there is none; then nothing was counted.
  std::variant<std::unique_ptr<Slot>, metrics::Refusal> Take(const IpAddress& address,
                                                             TimePoint now);

  // How many addresses are kept.
  size_t addresses();

 private:
  struct Address {
    uint32_t connections = 0;
    TokenBucket bucket;
  };

  explicit ConnectionLimits(const config::RouteLimits& limits);
  bool counts_addresses() const { return per_address_ > 0 || rate_per_address_.per_second > 0; }
  void Sweep(TimePoint now) HOOKCAST_REQUIRES(mutex_);
  void GiveBack(const IpAddress& key);

  const uint32_t connections_;  // 0 for no limit, as in the rates
  const uint32_t per_address_;
  const TokenRate rate_;
  const TokenRate rate_per_address_;

  Mutex mutex_;
  uint32_t open_ HOOKCAST_GUARDED_BY(mutex_) = 0;
  TokenBucket bucket_ HOOKCAST_GUARDED_BY(mutex_);
  absl::flat_hash_map<IpAddress, Address> addresses_ HOOKCAST_GUARDED_BY(mutex_);
  size_t sweep_at_ HOOKCAST_GUARDED_BY(mutex_);  // so many addresses
};

}  // namespace hookcast::edge
