// What a benchmark asks of its own process.

#ifndef HOOKCAST_BENCH_WIRE_PROCESS_H_
#define HOOKCAST_BENCH_WIRE_PROCESS_H_

#include <cstddef>

#include "absl/status/status.h"

namespace hookcast::bench {

// Binds this process to one core.
absl::Status PinToCpu(int cpu);

// Makes it possible to hold `count` descriptors more than are needed anyway. Raises the hard limit
// too where it may (root). Errors: RESOURCE_EXHAUSTED, with what to do.
absl::Status AllowDescriptors(size_t count);

// As many descriptors as can be had.
void AllowMostDescriptors();

}  // namespace hookcast::bench

#endif  // HOOKCAST_BENCH_WIRE_PROCESS_H_
