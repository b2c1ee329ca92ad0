#include "bench/load/latency.h"

#include <algorithm>
#include <bit>
#include <cmath>

namespace hookcast::bench {

void Latency::Add(Clock::duration duration, uint64_t count) {
  const auto ns =
      static_cast<uint64_t>(std::max<int64_t>(0, std::chrono::nanoseconds(duration).count()));
  // The highest bit picks the group, the kBits below it the bucket; small values are their own.
  const auto width = static_cast<unsigned>(std::bit_width(ns));
  const unsigned shift = width > kBits ? width - kBits - 1 : 0;
  const size_t bucket = width > kBits ? (static_cast<size_t>(shift) << kBits) + (ns >> shift) : ns;
  counts_[bucket] += count;
  total_ += count;
  max_ns_ = std::max(max_ns_, ns);
}

void Latency::Clear() { *this = Latency(); }

double Latency::Quantile(double quantile) const {
  const auto rank = static_cast<uint64_t>(std::ceil(quantile * static_cast<double>(total_)));
  uint64_t seen = 0;
  for (size_t bucket = 0; bucket < counts_.size(); ++bucket) {
    seen += counts_[bucket];
    if (seen < rank || seen == 0) continue;
    // The upper edge of the bucket.
    const size_t group = bucket >> kBits;
    const size_t shift = group > 1 ? group - 1 : 0;
    const uint64_t base = bucket - (shift << kBits);
    const uint64_t upper = ((base + 1) << shift) - 1;
    return static_cast<double>(std::min(upper, max_ns_)) / 1e3;
  }
  return 0;
}

}  // namespace hookcast::bench
