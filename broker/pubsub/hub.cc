#include "broker/pubsub/hub.h"

#include <cassert>
#include <string>
#include <vector>

#include "absl/strings/str_cat.h"
#include "broker/pubsub/limits.h"

namespace hookcast::pubsub {

Hub::Hub(Incarnation incarnation, ShardId shard, InterestTable* interest,
         metrics::Catalogue* metrics, Watchers* watchers)
    : incarnation_(incarnation),
      shard_(shard),
      interest_(interest),
      metrics_(metrics),
      watchers_(watchers) {}

PeerId Hub::NextPeerId() { return PeerId{incarnation_, shard_, ++last_sequence_}; }

template <typename Change>
void Hub::Tracked(std::string_view ns, Change change) {
  const auto namespaces = static_cast<int64_t>(index_.namespace_count());
  const auto topics = static_cast<int64_t>(index_.topic_count());
  const auto subscriptions = static_cast<int64_t>(index_.subscription_count());
  const bool wanted = index_.SubscriptionsIn(ns) != 0;
  change();
  const bool wants = index_.SubscriptionsIn(ns) != 0;
  if (wants && !wanted) interest_->Add(ns, shard_);
  if (!wants && wanted) interest_->Remove(ns, shard_);
  metrics_->namespaces.Add(static_cast<int64_t>(index_.namespace_count()) - namespaces);
  metrics_->topics.Add(static_cast<int64_t>(index_.topic_count()) - topics);
  metrics_->subscriptions.Add(static_cast<int64_t>(index_.subscription_count()) - subscriptions);
}

void Hub::Add(Peer* peer, std::string_view ns) {
  role_.AssertHeld();
  assert(peer->id().shard == shard_);
  peers_.emplace(peer->id().sequence, peer);
  metrics_->peers.Add(1);
  Tracked(ns, [&] { index_.Join(peer, ns); });
  if (watchers_ != nullptr) watchers_->Opened(*peer);
}

void Hub::Remove(Peer* peer, const CloseDetails* how) {
  role_.AssertHeld();
  if (Find(peer->id()) != peer) return;
  peers_.erase(peer->id().sequence);
  metrics_->peers.Add(-1);
  const std::string ns = peer->membership().ns();
  Tracked(ns, [&] { index_.Leave(peer); });
  if (watchers_ != nullptr && how != nullptr) watchers_->Closed(*peer, *how);
}

absl::Status Hub::Subscribe(Peer* peer, std::string_view topic) {
  role_.AssertHeld();
  if (absl::Status status = CheckTopic(topic); !status.ok()) return status;
  const Membership& membership = peer->membership();
  if (membership.topic_count() >= peer->max_topics() && !membership.SubscribedTo(topic)) {
    return absl::ResourceExhaustedError(absl::StrCat("the peer holds ", membership.topic_count(),
                                                     " topics; its limit is ", peer->max_topics()));
  }
  Tracked(membership.ns(), [&] { index_.Subscribe(peer, topic); });
  return absl::OkStatus();
}

void Hub::Unsubscribe(Peer* peer, std::string_view topic) {
  role_.AssertHeld();
  Tracked(peer->membership().ns(), [&] { index_.Unsubscribe(peer, topic); });
}

void Hub::UnsubscribeAll(Peer* peer) {
  for (const std::string& topic : peer->membership().Topics()) Unsubscribe(peer, topic);
}

size_t Hub::Deliver(const Message& message) {
  role_.AssertHeld();
  const Peer* const excluded = message.exclude ? Find(*message.exclude) : nullptr;
  size_t taken = 0;
  index_.VisitSubscribers(message.ns, message.topic, [&](Peer* peer) {
    if (peer != excluded && peer->Deliver(message)) ++taken;
  });
  metrics_->delivered.Add(taken);
  return taken;
}

Peer* Hub::Find(const PeerId& id) const {
  role_.AssertHeld();
  if (id.incarnation != incarnation_ || id.shard != shard_) return nullptr;
  const auto found = peers_.find(id.sequence);
  return found == peers_.end() ? nullptr : found->second;
}

}  // namespace hookcast::pubsub
