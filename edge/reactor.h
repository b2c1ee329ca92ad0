#pragma once

#include <cstddef>
#include <memory>
#include <span>
#include <vector>

#include "broker/base/clock.h"
#include "broker/base/shard_loop.h"
#include "broker/base/shard_timers.h"
#include "edge/joined_frames.h"
#include "edge/poller.h"

namespace hookcast::edge {

// Has bytes to write once this turn of the loop is over.
class Flushable {
 public:
  virtual ~Flushable() = default;
  // May end this object and others.
  virtual void Flush() = 0;

 private:
  friend class Reactor;
  static constexpr size_t kNotListed = SIZE_MAX;
  size_t listed_at_ = kNotListed;
};

// What the connections of one event loop share: readiness, deadlines, one buffer to read into, and
// the list of those that have something to write when the turn ends.
//
// Thread: the loop's, once it runs.
class Reactor {
 public:
  static constexpr size_t kReadBufferBytes = 64 * 1024;

  // The loop outlives the reactor.
  explicit Reactor(ShardLoop* loop);
  Reactor(const Reactor&) = delete;
  Reactor& operator=(const Reactor&) = delete;

  ShardLoop& loop() { return *loop_; }
  Poller& poller() { return poller_; }
  ShardTimers& timers() { return timers_; }
  TimePoint Now() const { return timers_.Now(); }
  // As ShardTimers has it.
  void Schedule(Timer* timer, Duration after) { timers_.Schedule(timer, after); }

  // Calls item->Flush() after all that is ready in this turn of the loop has run, so that what one
  // turn queued leaves in one write. Once a turn, however often it is asked.
  void FlushLater(Flushable* item);
  // When the turn that is being flushed began, for one look at the clock by all. REQUIRES: inside
  // Flush of an item.
  TimePoint flush_time() const { return flush_time_; }
  // For what is flushed in one turn.
  JoinedFrames& joined_frames() { return joined_frames_; }
  // Takes an item that is about to end off the list.
  void Forget(Flushable* item);

  // Destroys `object` once nothing of this turn is on the stack any more. For what ends itself.
  void DisposeLater(std::shared_ptr<void> object);

  // One buffer for all: its content is gone with the next event.
  std::span<char> read_buffer() { return {read_buffer_.get(), kReadBufferBytes}; }

 private:
  void Flush();

  ShardLoop* const loop_;
  Poller poller_;
  ShardTimers timers_;
  std::vector<Flushable*> to_flush_;
  bool flush_posted_ = false;
  TimePoint flush_time_{};
  JoinedFrames joined_frames_;
  std::vector<std::shared_ptr<void>> disposed_;
  std::unique_ptr<char[]> read_buffer_;
};

}  // namespace hookcast::edge
