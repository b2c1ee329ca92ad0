// A line on the terminal that tells how far a run is.

#ifndef HOOKCAST_BENCH_LOAD_PROGRESS_H_
#define HOOKCAST_BENCH_LOAD_PROGRESS_H_

#include <cstdint>
#include <string>

#include "bench/load/loop.h"

namespace hookcast::bench {

// Writes to stderr, at most ten times a second, and only where that is a terminal. The destructor
// takes the line away.
class Progress {
 public:
  Progress(std::string what, uint64_t total);
  ~Progress();
  Progress(const Progress&) = delete;
  Progress& operator=(const Progress&) = delete;

  void Update(uint64_t done);

 private:
  const std::string what_;
  const uint64_t total_;
  const bool terminal_;
  Clock::time_point next_;
};

}  // namespace hookcast::bench

#endif  // HOOKCAST_BENCH_LOAD_PROGRESS_H_
