#include "broker/pubsub/hub.h"

#include <cassert>
#include <memory>
#include <string>
#include <utility>
#include <vector>

#include "absl/strings/str_cat.h"
#include "broker/pubsub/backplane.h"
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
  if (wants && !wanted) BeginInterest(ns);
  if (!wants && wanted) EndInterest(ns);
  metrics_->namespaces.Add(static_cast<int64_t>(index_.namespace_count()) - namespaces);
  metrics_->topics.Add(static_cast<int64_t>(index_.topic_count()) - topics);
  metrics_->subscriptions.Add(static_cast<int64_t>(index_.subscription_count()) - subscriptions);
}

void Hub::BeginInterest(std::string_view ns) {
  interest_->Add(ns, shard_);
  if (!backplane().KeepsHistory(ns)) return;
  // Answered before it returns, as the seam has it; an answer that came later would be lost.
  const auto answer = std::make_shared<std::optional<absl::StatusOr<Position>>>();
  backplane().ReadHead(ns, [answer](absl::StatusOr<Position> head) { *answer = std::move(head); });
  assert(answer->has_value());
  if (answer->has_value() && (*answer)->ok()) cursors_[ns] = ***answer;
}

void Hub::EndInterest(std::string_view ns) {
  interest_->Remove(ns, shard_);
  if (const auto cursor = cursors_.find(ns); cursor != cursors_.end()) cursors_.erase(cursor);
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

absl::Status Hub::SubscribeSince(Peer* peer, std::string_view topic, Position since) {
  const Membership& membership = peer->membership();
  if (!backplane().KeepsHistory(membership.ns())) {
    return absl::InvalidArgumentError(
        "since is set, and the peer's namespace keeps no history; leave since out, or set "
        "history.size on the namespace's route or under namespaces");
  }
  if (membership.SubscribedTo(topic)) return absl::OkStatus();
  absl::Status status = Subscribe(peer, topic);
  if (status.ok()) peer->ReplayTopic(topic, since);
  return status;
}

void Hub::Unsubscribe(Peer* peer, std::string_view topic) {
  role_.AssertHeld();
  Tracked(peer->membership().ns(), [&] {
    if (index_.Unsubscribe(peer, topic)) peer->OnUnsubscribed(topic);
  });
}

void Hub::UnsubscribeAll(Peer* peer) {
  for (const std::string& topic : peer->membership().Topics()) Unsubscribe(peer, topic);
}

size_t Hub::Deliver(const Message& message) {
  role_.AssertHeld();
  if (message.position && !MoveCursor(message)) return 0;
  const Peer* const excluded = message.exclude ? Find(*message.exclude) : nullptr;
  size_t taken = 0;
  index_.VisitSubscribers(message.ns, message.topic, [&](Peer* peer) {
    if (peer != excluded && peer->Deliver(message)) ++taken;
  });
  metrics_->delivered.Add(taken);
  return taken;
}

void Hub::Missed(std::string_view ns, std::optional<uint64_t> lost) {
  role_.AssertHeld();
  if (index_.SubscriptionsIn(ns) == 0) return;
  metrics_->gaps.Add(lost ? metrics::Gap::kKnown : metrics::Gap::kUnknown);
  // By id: who is told may close, and with it leave.
  std::vector<PeerId> subscribers;
  index_.VisitPeers(ns, [&](Peer* peer) {
    if (peer->membership().topic_count() > 0) subscribers.push_back(peer->id());
  });
  for (const PeerId& id : subscribers) {
    if (Peer* const peer = Find(id)) peer->OnMissed(lost);
  }
}

// A shard that does not want the namespace any more, or whose line began before it did, has no
// subscribers, or a cursor that says what they have.
bool Hub::MoveCursor(const Message& message) {
  const auto cursor = cursors_.find(message.ns);
  if (cursor == cursors_.end()) return true;
  if (*message.position <= cursor->second) return false;
  cursor->second = *message.position;
  return true;
}

std::optional<Position> Hub::Cursor(std::string_view ns) const {
  role_.AssertHeld();
  const auto cursor = cursors_.find(ns);
  return cursor == cursors_.end() ? std::nullopt : std::optional(cursor->second);
}

Peer* Hub::Find(const PeerId& id) const {
  role_.AssertHeld();
  if (id.incarnation != incarnation_ || id.shard != shard_) return nullptr;
  const auto found = peers_.find(id.sequence);
  return found == peers_.end() ? nullptr : found->second;
}

}  // namespace hookcast::pubsub
