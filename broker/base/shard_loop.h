#pragma once

#include <memory>
#include <string>

#include "absl/functional/any_invocable.h"
#include "broker/base/ids.h"

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
  explicit ShardLoop(ShardId id);
  ShardLoop(const ShardLoop&) = delete;
  ShardLoop& operator=(const ShardLoop&) = delete;
  // Stops and joins, if that was not done.
  ~ShardLoop();

  ShardId id() const { return id_; }
  boost::asio::io_context& context() { return *context_; }

  // Starts the thread. It runs until Stop, also with nothing to do.
  void Start();
  // Ends the loop after the handler under way and joins the thread. What was posted and has not run
  // is destroyed without running.
  void Stop();

  // Runs `task` in the loop, after what was posted before it, never inside this call.
  void Post(absl::AnyInvocable<void()> task);

  // Whether the calling code runs inside this loop.
  bool InLoop() const;

  // Runs, on the calling thread, what is ready, and returns how many handlers ran. For tests that
  // start no thread.
  size_t Poll();

 private:
  struct Running;

  const ShardId id_;
  std::unique_ptr<boost::asio::io_context> context_;
  std::unique_ptr<Running> running_;
};

}  // namespace hookcast
