#pragma once

#include <atomic>
#include <cstddef>
#include <memory>
#include <string>
#include <vector>

#include "absl/functional/any_invocable.h"
#include "broker/base/ids.h"
#include "broker/base/mutex.h"
#include "broker/base/shard_role.h"

namespace boost::asio {
class io_context;
}  // namespace boost::asio

namespace hookcast {

// One shard's event loop: an io_context and, once started, the one thread that runs it. All that a
// shard owns is touched from inside this loop alone; Post is the only way in from elsewhere.
//
// Thread: any for Post and InLoop; the owner's for the rest.
class ShardLoop {
 public:
  // The thread is called `name`, 15 characters at most; a shard's, unless told, by its number.
  explicit ShardLoop(ShardId id, std::string name = {});
  ShardLoop(const ShardLoop&) = delete;
  ShardLoop& operator=(const ShardLoop&) = delete;
  // Stops and joins, if that was not done.
  ~ShardLoop();

  ShardId id() const { return id_; }
  boost::asio::io_context& context() { return *context_; }

  // Starts the thread. It runs until Stop, also with nothing to do. REQUIRES: called once at most.
  void Start();
  // Ends the loop after the task under way and joins the thread. What was posted and has not run is
  // destroyed without running, and so is what is posted from now on. REQUIRES: not called from
  // inside the loop.
  void Stop();

  // Runs `task` in the loop, after what any thread posted before it, never inside this call.
  void Post(absl::AnyInvocable<void()> task);

  // Whether the calling code runs inside this loop.
  bool InLoop() const;

  // Runs, on the calling thread, what is ready, and returns how many tasks and handlers ran. For
  // tests that start no thread.
  size_t Poll();

 private:
  using Task = absl::AnyInvocable<void()>;
  struct Running;

  // Runs what is posted at its beginning; what that posts waits for the next time.
  void RunPosted();
  void DiscardPosted();

  const ShardId id_;
  const std::string name_;
  std::unique_ptr<boost::asio::io_context> context_;
  std::unique_ptr<Running> running_;
  std::atomic<bool> stopping_{false};

  // Tasks have a queue of their own, not Asio's, which puts what the loop itself posts behind what
  // other threads post later, and keeps what did not run until it is destroyed.
  Mutex mutex_;
  std::vector<Task> posted_ HOOKCAST_GUARDED_BY(mutex_);
  bool run_awaited_ HOOKCAST_GUARDED_BY(mutex_) = false;
  bool closed_ HOOKCAST_GUARDED_BY(mutex_) = false;

  // The loop's own.
  std::vector<Task> batch_;  // taken from posted_; those before next_ have run
  size_t next_ = 0;
  size_t tasks_run_ = 0;
  size_t batches_run_ = 0;
};

}  // namespace hookcast
