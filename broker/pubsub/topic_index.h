#pragma once

#include <cstddef>
#include <cstdint>
#include <memory>
#include <string>
#include <string_view>
#include <vector>

#include "absl/container/flat_hash_map.h"
#include "absl/functional/function_ref.h"

namespace hookcast::pubsub {

class Peer;
class TopicIndex;

// One peer's place in a TopicIndex: its namespace and what it is subscribed to. Part of the peer.
class Membership {
 public:
  Membership() = default;
  Membership(const Membership&) = delete;
  Membership& operator=(const Membership&) = delete;

  // REQUIRES: joined.
  const std::string& ns() const;
  size_t topic_count() const { return subscriptions_.size(); }
  // In the order of subscription.
  std::vector<std::string> Topics() const;
  bool SubscribedTo(std::string_view topic) const;

 private:
  friend class TopicIndex;
  struct Namespace;
  struct Topic;
  struct Subscription {
    Topic* topic;
    uint32_t slot;  // this peer's place in topic->subscribers
  };

  Namespace* namespace_ = nullptr;
  uint32_t position_ = 0;  // this peer's place in namespace_->peers
  std::vector<Subscription> subscriptions_;
};

// Which peers of one shard are in which namespace and subscribed to which of its topics. Knows no
// sockets and no threads. Names are stored once; subscribers are flat vectors, with a back index in
// each peer, so that joining, leaving, subscribing and unsubscribing cost no search of a topic's
// subscribers.
//
// Thread: shard-affine. Owns no peer.
// Invariants: a namespace exists while it has a peer, a topic while it has a subscriber; each
// subscription of a peer points at the slot that points back at it.
class TopicIndex {
 public:
  TopicIndex();
  ~TopicIndex();

  // REQUIRES: peer has not joined; it stays valid until Leave.
  void Join(Peer* peer, std::string_view ns);
  // Unsubscribes from everything and forgets the peer. No effect on one that has not joined.
  void Leave(Peer* peer);

  // False where it was so already. REQUIRES: joined.
  bool Subscribe(Peer* peer, std::string_view topic);
  bool Unsubscribe(Peer* peer, std::string_view topic);

  // Calls `visit` for each peer subscribed to the topic, in no particular order.
  // REQUIRES: visit does not change this index.
  void VisitSubscribers(std::string_view ns, std::string_view topic,
                        absl::FunctionRef<void(Peer*)> visit) const;
  // All peers of a namespace, or of all namespaces. The same requirement.
  void VisitPeers(std::string_view ns, absl::FunctionRef<void(Peer*)> visit) const;
  void VisitPeers(absl::FunctionRef<void(Peer*)> visit) const;

  // Namespaces that have a peer, with how many peers and topics on this shard. The same
  // requirement.
  void VisitNamespaces(
      absl::FunctionRef<void(const std::string& ns, size_t peers, size_t topics)> visit) const;
  // Topics of one namespace, with how many subscribers on this shard. The same requirement.
  void VisitTopics(
      std::string_view ns,
      absl::FunctionRef<void(const std::string& topic, size_t subscribers)> visit) const;

  size_t namespace_count() const { return namespaces_.size(); }
  size_t topic_count() const { return topic_count_; }
  size_t subscription_count() const { return subscription_count_; }
  // Subscriptions in one namespace, 0 for one that does not exist.
  size_t SubscriptionsIn(std::string_view ns) const;

 private:
  using Namespace = Membership::Namespace;
  using Topic = Membership::Topic;

  void RemoveSubscription(Peer* peer, size_t which);

  absl::flat_hash_map<std::string_view, std::unique_ptr<Namespace>> namespaces_;
  size_t topic_count_ = 0;
  size_t subscription_count_ = 0;
};

}  // namespace hookcast::pubsub
