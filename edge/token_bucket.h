#pragma once

#include <cstdint>

#include "broker/base/clock.h"

namespace hookcast::edge {

// How many tokens come a second, and how many there may be. Each up to 2^33.
struct TokenRate {
  uint64_t per_second = 0;
  uint64_t capacity = 0;
};

// Tokens that come at a rate and are taken, in whole numbers to the nanosecond: what is short of a
// token is kept. Its rate is its owner's, given with each call and always the same.
//
// Thread: one at a time.
class TokenBucket {
 public:
  // Full.
  TokenBucket(const TokenRate& rate, TimePoint now);

  // Takes so many, if there are so many; else none. A `now` before the last one counts as that.
  // REQUIRES, for all that follows: a rate above 0.
  bool Take(const TokenRate& rate, uint64_t tokens, TimePoint now);
  bool Has(const TokenRate& rate, uint64_t tokens, TimePoint now);
  // Fills it with all that came between the two, beyond the capacity if need be; for a time in
  // which nobody could take any. What is not taken soon goes at the same rate.
  void CatchUp(const TokenRate& rate, TimePoint since, TimePoint now);
  bool IsFull(const TokenRate& rate, TimePoint now) { return Has(rate, rate.capacity, now); }

 private:
  uint64_t level_;  // in billionths of a token
  TimePoint last_;
};

}  // namespace hookcast::edge
