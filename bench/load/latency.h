// Latencies, counted in buckets: any number of them in fixed memory.

#ifndef HOOKCAST_BENCH_LOAD_LATENCY_H_
#define HOOKCAST_BENCH_LOAD_LATENCY_H_

#include <array>
#include <chrono>
#include <cstddef>
#include <cstdint>

#include "bench/load/loop.h"

namespace hookcast::bench {

// Buckets are 1/64 of their power of two wide: a quantile is right within 1.6 %.
class Latency {
 public:
  void Add(Clock::duration duration, uint64_t count = 1);
  void Clear();

  // In µs; 0 where nothing was added. `quantile` is in (0, 1].
  double Quantile(double quantile) const;
  bool empty() const { return total_ == 0; }
  double max_us() const { return static_cast<double>(max_ns_) / 1e3; }

 private:
  static constexpr unsigned kBits = 6;

  std::array<uint64_t, (64 - kBits + 1) << kBits> counts_{};
  uint64_t total_ = 0;
  uint64_t max_ns_ = 0;
};

}  // namespace hookcast::bench

#endif  // HOOKCAST_BENCH_LOAD_LATENCY_H_
