#pragma once

#include <memory>
#include <optional>
#include <vector>

#include "absl/status/status.h"
#include "broker/base/clock.h"
#include "broker/base/mutex.h"
#include "broker/base/shard_loop.h"

namespace hookcast::app {

// Whether shards still run. Costs nothing while nobody asks.
//
// Thread: any.
class LoopWatch {
 public:
  // So long a loop may take for what it does; one that takes longer has hung.
  static constexpr Duration kMost = std::chrono::seconds(15);

  // The clock outlives the loops, and the loops the watch: a loop that has stopped counts as hung.
  LoopWatch(std::vector<ShardLoop*> loops, const Clock* clock);

  // UNAVAILABLE, naming the shard, where one has not run a task that an earlier call gave it kMost
  // ago or longer.
  absl::Status Check();

 private:
  struct Watched {
    ShardLoop* loop;
    Mutex mutex;
    std::optional<TimePoint> asked HOOKCAST_GUARDED_BY(mutex);  // and it has not answered
  };

  const Clock* const clock_;
  std::vector<std::shared_ptr<Watched>> watched_;
};

}  // namespace hookcast::app
