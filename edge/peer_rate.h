#pragma once

#include <cstddef>
#include <memory>
#include <optional>

#include "broker/base/clock.h"
#include "broker/config/config.h"
#include "broker/metrics/catalogue.h"
#include "edge/token_bucket.h"

namespace hookcast::edge {

// How much one peer may send: messages and bytes a second, as its route's limits say, and what five
// seconds allow at once. Whatever the transport.
//
// Thread: shard-affine. Owned by its session.
class PeerRate {
 public:
  static constexpr uint64_t kSecondsAtOnce = 5;

  // Null where the route has no such limit.
  static std::unique_ptr<PeerRate> For(const config::RouteLimits& limits, TimePoint now);

  // The node reads no further from this peer, and reads on. What comes then may have been sent at
  // any time in between, so that all that the limits allowed in it may come at once.
  void Pause(TimePoint now) { paused_at_ = now; }
  void Resume(TimePoint now);

  // Counts a message, or a control frame, of so many bytes. The limit that it went beyond, if any.
  std::optional<metrics::PeerLimit> Count(size_t bytes, TimePoint now);

 private:
  PeerRate(const config::RouteLimits& limits, TimePoint now);

  const TokenRate message_rate_;  // of 0 a second: no limit
  const TokenRate byte_rate_;
  TokenBucket messages_;
  TokenBucket bytes_;
  TimePoint paused_at_{};
};

}  // namespace hookcast::edge
