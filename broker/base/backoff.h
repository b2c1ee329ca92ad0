#pragma once

#include <chrono>
#include <cstdint>

namespace hookcast {

// Delays between attempts at something that fails: doubling from `first` up to `most`, each drawn
// at random from its upper half, so that many who failed together do not return together.
struct Backoff {
  std::chrono::milliseconds first{100};
  std::chrono::milliseconds most{2000};

  // The delay after the attempt numbered `attempt` (from 1) failed. `random` is any 64 random bits.
  std::chrono::milliseconds After(uint32_t attempt, uint64_t random) const;
};

}  // namespace hookcast
