#pragma once

#include <memory>
#include <vector>

#include "absl/functional/any_invocable.h"
#include "broker/base/mutex.h"
#include "broker/base/shard_loop.h"

namespace hookcast::hooks {

// How gRPC's threads reach a client on its shard: what comes together is posted together. Shared
// with all who may still bring something; it may outlive the client and the loop.
//
// Thread: any for Put; Close on the shard, or once its loop has stopped.
class Mailbox : public std::enable_shared_from_this<Mailbox> {
 public:
  using Task = absl::AnyInvocable<void()>;

  // The loop lives until Close.
  explicit Mailbox(ShardLoop* loop) : loop_(loop) {}

  // Runs the task on the shard, after those that were put before it. Dropped once closed.
  void Put(Task task);
  void Close();

 private:
  void Run();

  Mutex mutex_;
  ShardLoop* loop_ HOOKCAST_GUARDED_BY(mutex_);  // null once closed
  std::vector<Task> tasks_ HOOKCAST_GUARDED_BY(mutex_);
  bool closed_ = false;  // the shard's own
};

}  // namespace hookcast::hooks
