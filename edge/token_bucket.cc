#include "edge/token_bucket.h"

#include <chrono>

namespace hookcast::edge {
namespace {

constexpr uint64_t kBillion = 1'000'000'000;  // as nanoseconds of a second

uint64_t NanosecondsBetween(TimePoint from, TimePoint to) {
  return static_cast<uint64_t>(
      std::chrono::duration_cast<std::chrono::nanoseconds>(to - from).count());
}

}  // namespace

TokenBucket::TokenBucket(const TokenRate& rate, TimePoint now)
    : level_(rate.capacity * kBillion), last_(now) {}

void TokenBucket::CatchUp(const TokenRate& rate, TimePoint since, TimePoint now) {
  Has(rate, 0, since);
  if (now <= last_) return;
  const uint64_t passed = NanosecondsBetween(last_, now);
  last_ = now;
  level_ = passed > (UINT64_MAX - level_) / rate.per_second ? UINT64_MAX
                                                            : level_ + passed * rate.per_second;
}

// With the bounds of TokenRate no product or sum here is beyond 64 bits: what came while the bucket
// would have filled anyway is left out before it is multiplied. What is beyond the capacity goes as
// it would have come: it is for whoever takes it soon.
bool TokenBucket::Has(const TokenRate& rate, uint64_t tokens, TimePoint now) {
  const uint64_t full = rate.capacity * kBillion;
  if (now > last_) {
    const uint64_t passed = NanosecondsBetween(last_, now);
    last_ = now;
    const uint64_t short_of = level_ < full ? full - level_ : level_ - full;
    if (passed > short_of / rate.per_second) {
      level_ = full;
    } else if (level_ < full) {
      level_ += passed * rate.per_second;
    } else {
      level_ -= passed * rate.per_second;
    }
  }
  return tokens <= rate.capacity && tokens * kBillion <= level_;
}

bool TokenBucket::Take(const TokenRate& rate, uint64_t tokens, TimePoint now) {
  if (!Has(rate, tokens, now)) return false;
  level_ -= tokens * kBillion;
  return true;
}

}  // namespace hookcast::edge
