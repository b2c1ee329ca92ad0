#pragma once

#include <atomic>
#include <cstddef>
#include <functional>
#include <memory>
#include <vector>

#include "absl/functional/any_invocable.h"
#include "broker/base/ids.h"
#include "broker/base/shard_loop.h"
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

 private:
  void Deliver(ShardId shard, MessageRef message, absl::AnyInvocable<void(size_t)> delivered);
  void CountUndelivered(ptrdiff_t bytes);

  const std::vector<Shard> shards_;
  std::vector<std::shared_ptr<ShardInbox>> inboxes_;  // a shard's, at its place
  const InterestTable* const interest_;
  Watchers* const watchers_;
  std::atomic<size_t> undelivered_{0};
  std::atomic<bool> congested_{false};
};

}  // namespace hookcast::pubsub
