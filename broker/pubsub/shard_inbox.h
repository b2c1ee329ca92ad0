#pragma once

#include <cstddef>
#include <deque>
#include <functional>
#include <memory>

#include "absl/functional/any_invocable.h"
#include "broker/base/mutex.h"
#include "broker/base/shard_loop.h"
#include "broker/pubsub/message.h"

namespace hookcast::pubsub {

class Hub;

// The line in which messages with positions wait for one shard, so that it sees them in the order
// in which they were put there. One task of the loop takes many.
//
// Thread: any. Held by shared_ptr: a task that the loop throws away may outlive it.
class ShardInbox : public std::enable_shared_from_this<ShardInbox> {
 public:
  // Called when the shard is done with the message, with the number of peers; dropped uncalled
  // where the shard has stopped.
  using Done = absl::AnyInvocable<void(size_t peers)>;

  // Loop and hub outlive it. `settle` is told of each message that left the line.
  ShardInbox(ShardLoop* loop, Hub* hub, std::function<void(const Message&)> settle);
  ShardInbox(const ShardInbox&) = delete;
  ShardInbox& operator=(const ShardInbox&) = delete;
  ~ShardInbox();

  // Calls nobody. A Wake has to follow.
  void Put(MessageRef message, Done done);
  // Sees to it that what was put is delivered: at once where this is the shard, with all that
  // stands in the line now, and so before it; else, and what others put meanwhile, by a task.
  void Wake();

 private:
  struct Item {
    MessageRef message;
    Done done;
  };
  // The task that is posted; one that is thrown away tells that the shard has stopped.
  class Turn;

  void TakeTurn();
  size_t Waiting();
  void Drain(size_t most);
  bool TakeNext(Item* item);
  void Discard();

  ShardLoop* const loop_;
  Hub* const hub_;
  const std::function<void(const Message&)> settle_;

  Mutex mutex_;
  std::deque<Item> line_ HOOKCAST_GUARDED_BY(mutex_);
  bool awaited_ HOOKCAST_GUARDED_BY(mutex_) = false;  // a turn is posted
  bool stopped_ HOOKCAST_GUARDED_BY(mutex_) = false;
};

}  // namespace hookcast::pubsub
