#include "edge/queue_limit.h"

#include <string_view>
#include <utility>
#include <vector>

#include "absl/container/flat_hash_map.h"

namespace hookcast::edge {

using config::SlowPeer;
using metrics::Drop;
using Fate = OutboundQueue::Fate;

bool QueueLimit::Skips(const Bytes& frame) {
  if (!skipping_ || !IsTopicMessage(frame)) return false;
  ++lost_;
  metrics_->dropped.Add(Drop::kSlowPeerGap);
  return true;
}

QueueLimit::Answer QueueLimit::Overflow(const Bytes& frame, OutboundQueue* queue) {
  switch (policy_) {
    case SlowPeer::kClose:
      return Answer::kClose;
    case SlowPeer::kDropOldest:
      DropOldest(frame, queue);
      break;
    case SlowPeer::kConflate:
      Conflate(frame, queue);
      DropOldest(frame, queue);
      break;
    case SlowPeer::kGap:
      DropAll(queue);
      break;
  }
  Begin();
  if (Skips(frame)) return Answer::kDrop;
  // What is on its way cannot be taken back; one frame may wait behind it, as in an empty queue.
  const bool next = queue->frames() == (queue->cut() ? 1 : 0);
  if (next || Fits(frame, *queue)) return Answer::kPush;
  if (!IsTopicMessage(frame)) return Answer::kClose;
  metrics_->dropped.Add(Drop::kSlowPeerOldest);
  return Answer::kDrop;
}

void QueueLimit::DropOldest(const Bytes& frame, OutboundQueue* queue) {
  const size_t wanted = queue->cost() + OutboundQueue::CostOf(frame);
  size_t freed = 0;
  const size_t dropped = queue->DropWaiting([&](const Bytes& waiting) {
    if (wanted - freed <= bytes_) return Fate::kKeepRest;
    if (!IsTopicMessage(waiting)) return Fate::kKeep;
    freed += OutboundQueue::CostOf(waiting);
    return Fate::kDrop;
  });
  metrics_->dropped.Add(Drop::kSlowPeerOldest, dropped);
}

// Leaves so little of what can be dropped, one a topic, that the next pass is far off, unless that
// little fills the queue: then there are few frames to pass.
void QueueLimit::Conflate(const Bytes& frame, OutboundQueue* queue) {
  absl::flat_hash_map<std::string_view, size_t> newer;  // messages of a topic, yet to be passed
  if (IsTopicMessage(frame)) ++newer[frame.label()];
  queue->DropWaiting([&](const Bytes& waiting) {
    if (IsTopicMessage(waiting)) ++newer[waiting.label()];
    return Fate::kKeep;
  });
  std::vector<Bytes> names;  // those in `newer` live in the frames, also in some that are dropped
  const size_t dropped = queue->DropWaiting([&](const Bytes& waiting) {
    if (!IsTopicMessage(waiting) || --newer[waiting.label()] == 0) return Fate::kKeep;
    names.push_back(waiting);
    return Fate::kDrop;
  });
  metrics_->dropped.Add(Drop::kSlowPeerConflated, dropped);
}

void QueueLimit::DropAll(OutboundQueue* queue) {
  skipping_ = true;
  const size_t dropped = queue->DropWaiting(
      [](const Bytes& waiting) { return IsTopicMessage(waiting) ? Fate::kDrop : Fate::kKeep; });
  lost_ += dropped;
  metrics_->dropped.Add(Drop::kSlowPeerGap, dropped);
}

void QueueLimit::Begin() {
  if (std::exchange(behind_, true)) return;
  metrics_->peers_behind.Add(1);
}

std::optional<uint64_t> QueueLimit::SettleBehind(const OutboundQueue& queue, bool taking) {
  if (!behind_) {
    Begin();
    return std::nullopt;
  }
  if (!taking || queue.cost() > bytes_ / 2) return std::nullopt;
  return End();
}

uint64_t QueueLimit::End() {
  if (std::exchange(behind_, false)) metrics_->peers_behind.Add(-1);
  skipping_ = false;
  return std::exchange(lost_, 0);
}

}  // namespace hookcast::edge
