// What a measured part of a run cost: time, the server's processor time, the tool's own.

#ifndef HOOKCAST_BENCH_LOAD_RUN_COST_H_
#define HOOKCAST_BENCH_LOAD_RUN_COST_H_

#include <string>

#include "bench/load/loop.h"
#include "bench/load/report.h"
#include "bench/load/server_meter.h"

namespace hookcast::bench {

// Starts with its construction. The clock stops when the last answer is there; the server's
// processor time is read after it has come to rest, so that nothing it did for the part is left
// out.
class RunCost {
 public:
  explicit RunCost(const ServerMeter& meter);
  void StopClock();
  void StopServer();

  double seconds() const { return seconds_; }

  // Adds server_us_per_<unit> and what explains it. REQUIRES: both have stopped.
  void Report(const std::string& unit, double count, bench::Report& report) const;

 private:
  const ServerMeter& meter_;
  const Clock::time_point start_;
  const ServerCpu server_start_;
  const double own_start_s_;
  double seconds_ = 0;
  double own_s_ = 0;
  ServerCpu server_end_;
};

}  // namespace hookcast::bench

#endif  // HOOKCAST_BENCH_LOAD_RUN_COST_H_
