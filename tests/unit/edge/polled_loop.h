#pragma once

#include <chrono>

#include "absl/functional/function_ref.h"
#include "broker/base/shard_loop.h"

namespace hookcast::edge {

// Runs the loop on the calling thread until `holds` says so, which is asked before each of its
// handlers. False where it never did within the time.
bool RunUntil(ShardLoop& loop, absl::FunctionRef<bool()> holds,
              std::chrono::milliseconds within = std::chrono::seconds(10));

// Runs all that is ready, and what that makes ready.
void RunReady(ShardLoop& loop);

}  // namespace hookcast::edge
