#include "edge/connection_limits.h"

#include <algorithm>
#include <iterator>

namespace hookcast::edge {
namespace {

using metrics::Refusal;

constexpr size_t kLeastSweep = 1024;

// As many at once as in a second.
TokenRate RateOf(int per_second) {
  return {static_cast<uint64_t>(per_second), static_cast<uint64_t>(per_second)};
}

IpAddress KeyOf(const IpAddress& address) { return address.is_v4() ? address : address.Prefix(64); }

}  // namespace

std::unique_ptr<ConnectionLimits> ConnectionLimits::For(const config::RouteLimits& limits) {
  if (limits.connections == 0 && limits.connections_per_address == 0 && limits.connect_rate == 0 &&
      limits.connect_rate_per_address == 0) {
    return nullptr;
  }
  return std::unique_ptr<ConnectionLimits>(new ConnectionLimits(limits));
}

ConnectionLimits::ConnectionLimits(const config::RouteLimits& limits)
    : connections_(static_cast<uint32_t>(limits.connections)),
      per_address_(static_cast<uint32_t>(limits.connections_per_address)),
      rate_(RateOf(limits.connect_rate)),
      rate_per_address_(RateOf(limits.connect_rate_per_address)),
      bucket_(rate_, TimePoint()),
      sweep_at_(kLeastSweep) {}

// What an address is to blame for comes first: its client is told that it is its own doing.
std::variant<std::unique_ptr<ConnectionLimits::Slot>, Refusal> ConnectionLimits::Take(
    const IpAddress& address, TimePoint now) {
  const IpAddress key = KeyOf(address);
  const MutexLock lock(&mutex_);
  const auto found = addresses_.find(key);
  const bool known = found != addresses_.end();
  if (known && per_address_ > 0 && found->second.connections >= per_address_) {
    return Refusal::kConnectionsPerAddress;
  }
  if (known && rate_per_address_.per_second > 0 &&
      !found->second.bucket.Has(rate_per_address_, 1, now)) {
    return Refusal::kConnectRatePerAddress;
  }
  if (connections_ > 0 && open_ >= connections_) return Refusal::kConnections;
  if (rate_.per_second > 0 && !bucket_.Take(rate_, 1, now)) return Refusal::kConnectRate;

  ++open_;
  if (counts_addresses()) {
    if (!known && addresses_.size() >= sweep_at_) Sweep(now);
    Address& counted =
        addresses_.try_emplace(key, Address{0, TokenBucket(rate_per_address_, now)}).first->second;
    ++counted.connections;
    if (rate_per_address_.per_second > 0) counted.bucket.Take(rate_per_address_, 1, now);
  }
  return std::unique_ptr<Slot>(new Slot(this, key));
}

void ConnectionLimits::GiveBack(const IpAddress& key) {
  const MutexLock lock(&mutex_);
  --open_;
  const auto found = addresses_.find(key);
  if (found == addresses_.end()) return;
  --found->second.connections;
  // Else it has tokens to get back, and is swept once it has them.
  if (found->second.connections == 0 && rate_per_address_.per_second == 0) addresses_.erase(found);
}

// Each time that they have doubled, so that an address costs a constant part of a sweep. One
// without connections is kept for its bucket alone, so that there is a rate.
void ConnectionLimits::Sweep(TimePoint now) {
  for (auto address = addresses_.begin(); address != addresses_.end();) {
    const auto next = std::next(address);
    if (address->second.connections == 0 && address->second.bucket.IsFull(rate_per_address_, now)) {
      addresses_.erase(address);
    }
    address = next;
  }
  sweep_at_ = std::max(kLeastSweep, 2 * addresses_.size());
}

size_t ConnectionLimits::addresses() {
  const MutexLock lock(&mutex_);
  return addresses_.size();
}

}  // namespace hookcast::edge
