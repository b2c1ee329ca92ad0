#include "edge/peer_rate.h"

namespace hookcast::edge {
namespace {

TokenRate RateOf(uint64_t per_second) {
  return {per_second, per_second * PeerRate::kSecondsAtOnce};
}

}  // namespace

std::unique_ptr<PeerRate> PeerRate::For(const config::RouteLimits& limits, TimePoint now) {
  if (limits.messages_per_second == 0 && limits.bytes_per_second == 0) return nullptr;
  return std::unique_ptr<PeerRate>(new PeerRate(limits, now));
}

PeerRate::PeerRate(const config::RouteLimits& limits, TimePoint now)
    : message_rate_(RateOf(static_cast<uint64_t>(limits.messages_per_second))),
      byte_rate_(RateOf(limits.bytes_per_second)),
      messages_(message_rate_, now),
      bytes_(byte_rate_, now) {}

void PeerRate::Resume(TimePoint now) {
  if (message_rate_.per_second != 0) messages_.CatchUp(message_rate_, paused_at_, now);
  if (byte_rate_.per_second != 0) bytes_.CatchUp(byte_rate_, paused_at_, now);
}

std::optional<metrics::PeerLimit> PeerRate::Count(size_t bytes, TimePoint now) {
  if (message_rate_.per_second != 0 && !messages_.Take(message_rate_, 1, now)) {
    return metrics::PeerLimit::kMessagesPerSecond;
  }
  if (byte_rate_.per_second != 0 && !bytes_.Take(byte_rate_, bytes, now)) {
    return metrics::PeerLimit::kBytesPerSecond;
  }
  return std::nullopt;
}

}  // namespace hookcast::edge
