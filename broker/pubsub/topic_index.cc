#include "broker/pubsub/topic_index.h"

#include <algorithm>
#include <cassert>
#include <utility>

#include "broker/pubsub/peer.h"

namespace hookcast::pubsub {

// The maps' keys view the names that the values own, so that each name is stored once.
struct Membership::Topic {
  struct Slot {
    Peer* peer;
    uint32_t subscription;  // which of the peer's subscriptions points here
  };

  std::string name;
  std::vector<Slot> subscribers;
};

struct Membership::Namespace {
  std::string name;
  std::vector<Peer*> peers;
  absl::flat_hash_map<std::string_view, std::unique_ptr<Topic>> topics;
  size_t subscriptions = 0;
};

const std::string& Membership::ns() const {
  assert(namespace_ != nullptr);
  return namespace_->name;
}

std::vector<std::string> Membership::Topics() const {
  std::vector<std::string> names;
  names.reserve(subscriptions_.size());
  for (const Subscription& subscription : subscriptions_) names.push_back(subscription.topic->name);
  return names;
}

bool Membership::SubscribedTo(std::string_view topic) const {
  return std::any_of(subscriptions_.begin(), subscriptions_.end(),
                     [&](const Subscription& s) { return s.topic->name == topic; });
}

TopicIndex::TopicIndex() = default;
TopicIndex::~TopicIndex() = default;

void TopicIndex::Join(Peer* peer, std::string_view ns) {
  Membership& membership = peer->membership();
  assert(membership.namespace_ == nullptr);
  auto found = namespaces_.find(ns);
  if (found == namespaces_.end()) {
    auto made = std::make_unique<Namespace>();
    made->name = std::string(ns);
    const std::string_view key = made->name;
    found = namespaces_.emplace(key, std::move(made)).first;
  }
  Namespace& space = *found->second;
  membership.namespace_ = &space;
  membership.position_ = static_cast<uint32_t>(space.peers.size());
  space.peers.push_back(peer);
}

void TopicIndex::Leave(Peer* peer) {
  Membership& membership = peer->membership();
  if (membership.namespace_ == nullptr) return;
  while (!membership.subscriptions_.empty()) {
    RemoveSubscription(peer, membership.subscriptions_.size() - 1);
  }
  Namespace& space = *std::exchange(membership.namespace_, nullptr);
  Peer* const last = space.peers.back();
  space.peers[membership.position_] = last;
  last->membership().position_ = membership.position_;
  space.peers.pop_back();
  if (space.peers.empty()) namespaces_.erase(std::string_view(space.name));
}

bool TopicIndex::Subscribe(Peer* peer, std::string_view topic) {
  Membership& membership = peer->membership();
  assert(membership.namespace_ != nullptr);
  if (membership.SubscribedTo(topic)) return false;
  Namespace& space = *membership.namespace_;
  auto found = space.topics.find(topic);
  if (found == space.topics.end()) {
    auto made = std::make_unique<Topic>();
    made->name = std::string(topic);
    const std::string_view key = made->name;
    found = space.topics.emplace(key, std::move(made)).first;
    ++topic_count_;
  }
  Topic& entry = *found->second;
  // An exact first allocation: most peers hold one subscription, and there are many peers.
  if (membership.subscriptions_.empty()) membership.subscriptions_.reserve(1);
  membership.subscriptions_.push_back({&entry, static_cast<uint32_t>(entry.subscribers.size())});
  entry.subscribers.push_back({peer, static_cast<uint32_t>(membership.subscriptions_.size() - 1)});
  ++space.subscriptions;
  ++subscription_count_;
  return true;
}

bool TopicIndex::Unsubscribe(Peer* peer, std::string_view topic) {
  const auto& subscriptions = peer->membership().subscriptions_;
  for (size_t i = 0; i < subscriptions.size(); ++i) {
    if (subscriptions[i].topic->name == topic) {
      RemoveSubscription(peer, i);
      return true;
    }
  }
  return false;
}

// Both vectors stay flat: the topic's last slot takes the free one; the peer's later subscriptions
// move up, which keeps their order, and there are few of them.
void TopicIndex::RemoveSubscription(Peer* peer, size_t which) {
  Membership& membership = peer->membership();
  auto& subscriptions = membership.subscriptions_;
  Topic& topic = *subscriptions[which].topic;
  const uint32_t slot = subscriptions[which].slot;

  const Topic::Slot moved = topic.subscribers.back();
  topic.subscribers[slot] = moved;
  moved.peer->membership().subscriptions_[moved.subscription].slot = slot;
  topic.subscribers.pop_back();

  subscriptions.erase(subscriptions.begin() + static_cast<ptrdiff_t>(which));
  for (size_t i = which; i < subscriptions.size(); ++i) {
    subscriptions[i].topic->subscribers[subscriptions[i].slot].subscription =
        static_cast<uint32_t>(i);
  }

  Namespace& space = *membership.namespace_;
  --space.subscriptions;
  --subscription_count_;
  if (topic.subscribers.empty()) {
    space.topics.erase(std::string_view(topic.name));
    --topic_count_;
  }
}

void TopicIndex::VisitSubscribers(std::string_view ns, std::string_view topic,
                                  absl::FunctionRef<void(Peer*)> visit) const {
  const auto space = namespaces_.find(ns);
  if (space == namespaces_.end()) return;
  const auto entry = space->second->topics.find(topic);
  if (entry == space->second->topics.end()) return;
  for (const Topic::Slot& slot : entry->second->subscribers) visit(slot.peer);
}

void TopicIndex::VisitPeers(std::string_view ns, absl::FunctionRef<void(Peer*)> visit) const {
  const auto space = namespaces_.find(ns);
  if (space == namespaces_.end()) return;
  for (Peer* peer : space->second->peers) visit(peer);
}

void TopicIndex::VisitPeers(absl::FunctionRef<void(Peer*)> visit) const {
  for (const auto& [name, space] : namespaces_) {
    for (Peer* peer : space->peers) visit(peer);
  }
}

void TopicIndex::VisitNamespaces(
    absl::FunctionRef<void(const std::string& ns, size_t peers, size_t topics)> visit) const {
  for (const auto& [name, space] : namespaces_) {
    visit(space->name, space->peers.size(), space->topics.size());
  }
}

void TopicIndex::VisitTopics(
    std::string_view ns,
    absl::FunctionRef<void(const std::string& topic, size_t subscribers)> visit) const {
  const auto space = namespaces_.find(ns);
  if (space == namespaces_.end()) return;
  for (const auto& [name, topic] : space->second->topics) {
    visit(topic->name, topic->subscribers.size());
  }
}

size_t TopicIndex::SubscriptionsIn(std::string_view ns) const {
  const auto space = namespaces_.find(ns);
  return space == namespaces_.end() ? 0 : space->second->subscriptions;
}

}  // namespace hookcast::pubsub
