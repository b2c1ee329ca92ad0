#include "tests/unit/edge/polled_loop.h"

#include <boost/asio/io_context.hpp>

namespace hookcast::edge {

bool RunUntil(ShardLoop& loop, absl::FunctionRef<bool()> holds, std::chrono::milliseconds within) {
  const auto end = std::chrono::steady_clock::now() + within;
  while (!holds()) {
    if (std::chrono::steady_clock::now() >= end) return false;
    loop.context().restart();
    // What a test's own socket has to do shows in no handler: look at it once a millisecond.
    loop.context().run_one_for(std::chrono::milliseconds(1));
  }
  return true;
}

void RunReady(ShardLoop& loop) {
  while (loop.Poll() != 0) {
  }
}

}  // namespace hookcast::edge
