#include "edge/app/loop_watch.h"

#include <memory>

#include "absl/strings/str_cat.h"

namespace hookcast::app {

LoopWatch::LoopWatch(std::vector<ShardLoop*> loops, const Clock* clock) : clock_(clock) {
  for (ShardLoop* const loop : loops) {
    watched_.push_back(std::make_shared<Watched>());
    watched_.back()->loop = loop;
  }
}

absl::Status LoopWatch::Check() {
  const TimePoint now = clock_->Now();
  for (const auto& watched : watched_) {
    {
      const MutexLock lock(&watched->mutex);
      if (watched->asked) {
        if (now - *watched->asked < kMost) continue;
        const auto seconds = std::chrono::floor<std::chrono::seconds>(now - *watched->asked);
        return absl::UnavailableError(absl::StrCat("shard ", static_cast<int>(watched->loop->id()),
                                                   " has not run for ", seconds.count(), " s"));
      }
      watched->asked = now;
    }
    watched->loop->Post([watched] {
      const MutexLock lock(&watched->mutex);
      watched->asked.reset();
    });
  }
  return absl::OkStatus();
}

}  // namespace hookcast::app
