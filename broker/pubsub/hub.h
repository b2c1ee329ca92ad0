#pragma once

#include <cstdint>
#include <optional>
#include <string_view>

#include "absl/container/flat_hash_map.h"
#include "absl/functional/function_ref.h"
#include "absl/status/status.h"
#include "absl/status/statusor.h"
#include "broker/base/ids.h"
#include "broker/base/shard_role.h"
#include "broker/base/string_map.h"
#include "broker/metrics/catalogue.h"
#include "broker/pubsub/interest_table.h"
#include "broker/pubsub/message.h"
#include "broker/pubsub/peer.h"
#include "broker/pubsub/position.h"
#include "broker/pubsub/topic_index.h"
#include "broker/pubsub/watchers.h"

namespace hookcast::pubsub {

// The peers of one shard, their namespaces and their subscriptions. One a shard.
//
// History. While this shard wants a namespace that keeps one, it has a cursor: the position up to
// which its subscribers have everything. The interest is registered first, and the head read then,
// so that what was appended before is at or below the cursor and passed over, and what comes later
// arrives.
//
// Thread: shard-affine. Owns no peer.
class Hub {
 public:
  // All outlive the hub; `watchers` may be null.
  Hub(Incarnation incarnation, ShardId shard, InterestTable* interest, metrics::Catalogue* metrics,
      Watchers* watchers = nullptr);
  Hub(const Hub&) = delete;
  Hub& operator=(const Hub&) = delete;

  ShardId shard() const { return shard_; }

  // An id for the next peer of this shard; never given twice.
  PeerId NextPeerId();

  // From here on the peer is found, listed and can subscribe. REQUIRES: the id came from
  // NextPeerId.
  void Add(Peer* peer, std::string_view ns);
  // Unsubscribes the peer from everything and forgets it. No effect where it is not here. Watchers
  // are told where `how` says how its connection ended.
  void Remove(Peer* peer, const CloseDetails* how = nullptr);

  // Subscribing twice is subscribing once. INVALID_ARGUMENT for a topic's name,
  // RESOURCE_EXHAUSTED past peer->max_topics(). REQUIRES: added.
  absl::Status Subscribe(Peer* peer, std::string_view topic);
  // The same, and what the topic's history holds behind `since` goes to the peer first. No effect
  // where it is subscribed already. INVALID_ARGUMENT where the namespace keeps no history.
  absl::Status SubscribeSince(Peer* peer, std::string_view topic, Position since);
  // No error where the peer was not subscribed. REQUIRES: added.
  void Unsubscribe(Peer* peer, std::string_view topic);
  void UnsubscribeAll(Peer* peer);

  // Hands the message to each subscriber on this shard but the excluded one. Returns how many took
  // it. A message at or below the namespace's cursor goes to nobody: all have it.
  size_t Deliver(const Message& message);

  // Messages of the namespace did not come to this shard: its subscribers are told.
  void Missed(std::string_view ns, std::optional<uint64_t> lost);
  // A message for this shard was dropped, as too much waits for it. Thread: any.
  void CountInboxFull() { metrics_->dropped.Add(metrics::Drop::kInboxFull); }

  // Up to where this shard's subscribers of the namespace have everything. Null where it keeps no
  // history, or nobody here wants it.
  std::optional<Position> Cursor(std::string_view ns) const;
  Backplane& backplane() const { return interest_->backplane(); }

  // Null where this shard has no such peer, or not any more.
  Peer* Find(const PeerId& id) const;
  const TopicIndex& index() const { return index_; }
  size_t peer_count() const { return peers_.size(); }

 private:
  // Tells the interest table and the gauges what a change did to a namespace.
  template <typename Change>
  void Tracked(std::string_view ns, Change change);

  void BeginInterest(std::string_view ns);
  void EndInterest(std::string_view ns);
  // Moves the namespace's cursor to the message; false where it stands there or behind already.
  bool MoveCursor(const Message& message);

  const Incarnation incarnation_;
  const ShardId shard_;
  InterestTable* const interest_;
  metrics::Catalogue* const metrics_;
  Watchers* const watchers_;
  ShardRole role_;
  uint64_t last_sequence_ = 0;
  TopicIndex index_;
  absl::flat_hash_map<uint64_t, Peer*> peers_;  // by the id's sequence
  StringMap<Position> cursors_;                 // of wanted namespaces with history
};

}  // namespace hookcast::pubsub
