#pragma once

#include <atomic>
#include <cstddef>
#include <functional>
#include <memory>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "absl/functional/any_invocable.h"
#include "broker/base/ids.h"
#include "broker/base/mutex.h"
#include "broker/base/shard_loop.h"
#include "broker/base/string_map.h"
#include "broker/pubsub/backplane.h"
#include "broker/pubsub/hub.h"
#include "broker/pubsub/interest_table.h"
#include "broker/pubsub/shard_inbox.h"
#include "broker/pubsub/watchers.h"

namespace hookcast::pubsub {

// All shards of a node: how anything outside a shard reaches what is inside it.
//
// Thread: any, once built. Owns neither loops nor hubs; they outlive it.
class ShardSet final : public Receiver {
 public:
  struct Shard {
    ShardLoop* loop;
    Hub* hub;
  };

  // REQUIRES: there is at least one; shards[i].loop->id() is i. `watchers` may be null.
  ShardSet(std::vector<Shard> shards, const InterestTable* interest, Watchers* watchers = nullptr);

  size_t size() const { return shards_.size(); }

  // Runs `task` on the shard: at once where the caller is on it, else posted.
  void Run(ShardId shard, absl::AnyInvocable<void(Hub&)> task);

  // Runs `task` on the shard that holds the peer, with the peer, or with null where there is none.
  // A peer of another incarnation is never here.
  void WithPeer(const PeerId& id, absl::AnyInvocable<void(Hub&, Peer*)> task);

  // Runs `each` on every shard, then `done`, once, on the shard that was last. With the same order
  // of posts from one thread, shards see calls in that order.
  void OnAll(std::function<void(Hub&)> each, absl::AnyInvocable<void()> done);

  // Whether so much was posted to shards and not delivered there yet that whoever can wait with
  // what leads to more should: past kMostUndelivered bytes until half of them are left. Thread:
  // any.
  static constexpr size_t kMostUndelivered = 16 << 20;
  bool Congested() const { return congested_.load(std::memory_order_relaxed); }

  // Posts the message once to each shard that wants its namespace; watchers hear of it first.
  void Receive(MessageRef message, DeliveredCallback delivered) override;
  Rest Line(MessageRef message, DeliveredCallback delivered) override;
  // Past kMostUndelivered bytes of other nodes' messages a shard gets no more of them. Once it
  // misses one of a namespace it gets none of it until its subscribers were told how many.
  void ReceiveRemote(MessageRef message) override;
  void Missed(std::string_view ns, std::optional<uint64_t> lost) override;

 private:
  // What other nodes sent and a shard has not delivered yet, and what it misses of it.
  struct Remote {
    std::atomic<size_t> bytes{0};
    Mutex mutex;
    StringMap<uint64_t> missed HOOKCAST_GUARDED_BY(mutex);  // by namespace; it will be told
  };

  void Deliver(ShardId shard, MessageRef message, absl::AnyInvocable<void(size_t)> delivered);
  void DeliverRemote(ShardId shard, const MessageRef& message);
  // False where the shard misses the message.
  bool TakesRemote(ShardId shard, const Message& message);
  void TellMissed(ShardId shard, const std::string& ns);
  void CountUndelivered(ptrdiff_t bytes);

  const std::vector<Shard> shards_;
  // A shard's, at its place.
  std::vector<std::shared_ptr<ShardInbox>> inboxes_;
  std::vector<std::unique_ptr<Remote>> remotes_;
  const InterestTable* const interest_;
  Watchers* const watchers_;
  std::atomic<size_t> undelivered_{0};
  std::atomic<bool> congested_{false};
};

}  // namespace hookcast::pubsub
