// Reads from /proc what the server under load has used.

#ifndef HOOKCAST_BENCH_LOAD_SERVER_METER_H_
#define HOOKCAST_BENCH_LOAD_SERVER_METER_H_

#include <cstdint>
#include <vector>

#include "absl/status/status.h"
#include "absl/status/statusor.h"
#include "bench/load/loop.h"

namespace hookcast::bench {

// Processor time, summed over all processes of the server and all their threads.
struct ServerCpu {
  double on_cpu_s = 0;  // of living threads, from schedstat: exact to the nanosecond
  double user_s = 0;    // from stat, in steps of 10 ms, the kernel's estimate
  double system_s = 0;
};

// Bytes, summed over all processes of the server, from smaps_rollup.
struct ServerMemory {
  int64_t rss = 0;
  int64_t pss = 0;
  int64_t anonymous = 0;
};

// With no process to watch it reads zeros. Thread: main.
class ServerMeter {
 public:
  // Errors: NOT_FOUND, PERMISSION_DENIED.
  static absl::StatusOr<ServerMeter> Watch(std::vector<int> pids);

  bool watches() const { return !pids_.empty(); }
  ServerCpu Cpu() const;
  ServerMemory Memory() const;
  int64_t Descriptors() const;
  int64_t Threads() const;

  // Serves the loop until the server has come to rest: 10 ms without as much as 50 µs of processor
  // time, or 1 s at most (a server may have work of its own).
  absl::Status AwaitRest(Loop& loop) const;

  // Serves the loop until the server holds no more than `limit` descriptors.
  absl::Status AwaitDescriptors(Loop& loop, int64_t limit) const;

 private:
  explicit ServerMeter(std::vector<int> pids);

  std::vector<int> pids_;
};

}  // namespace hookcast::bench

#endif  // HOOKCAST_BENCH_LOAD_SERVER_METER_H_
