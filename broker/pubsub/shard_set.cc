#include "broker/pubsub/shard_set.h"

#include <atomic>
#include <memory>
#include <utility>

namespace hookcast::pubsub {
namespace {

// Counts down over shards; the last one speaks for all.
struct Countdown {
  std::atomic<size_t> shards_left;
  std::atomic<uint64_t> peers{0};
  absl::AnyInvocable<void(uint64_t)> done;

  static std::shared_ptr<Countdown> Over(size_t shards, DeliveredCallback done) {
    auto countdown = std::make_shared<Countdown>();
    countdown->shards_left = shards;
    countdown->done = std::move(done);
    return countdown;
  }

  void ShardDone(uint64_t delivered) {
    peers.fetch_add(delivered, std::memory_order_relaxed);
    if (shards_left.fetch_sub(1, std::memory_order_acq_rel) == 1) done(peers.load());
  }
};

// A message that waits costs its place as well, however short it is.
ptrdiff_t CostOf(const Message& message) {
  return static_cast<ptrdiff_t>(message.data.payload.size() + sizeof(Message));
}

}  // namespace

ShardSet::ShardSet(std::vector<Shard> shards, const InterestTable* interest, Watchers* watchers)
    : shards_(std::move(shards)), interest_(interest), watchers_(watchers) {
  inboxes_.reserve(shards_.size());
  for (const Shard& shard : shards_) {
    inboxes_.push_back(std::make_shared<ShardInbox>(
        shard.loop, shard.hub,
        [this](const Message& message) { CountUndelivered(-CostOf(message)); }));
    remotes_.push_back(std::make_unique<Remote>());
  }
}

void ShardSet::Run(ShardId shard, absl::AnyInvocable<void(Hub&)> task) {
  const Shard& target = shards_[static_cast<size_t>(shard)];
  if (target.loop->InLoop()) {
    task(*target.hub);
  } else {
    target.loop->Post([hub = target.hub, task = std::move(task)]() mutable { task(*hub); });
  }
}

void ShardSet::WithPeer(const PeerId& id, absl::AnyInvocable<void(Hub&, Peer*)> task) {
  // A shard that this node does not have holds no peer; any shard can say so.
  const ShardId shard = static_cast<size_t>(id.shard) < shards_.size() ? id.shard : ShardId{0};
  Run(shard, [id, task = std::move(task)](Hub& hub) mutable { task(hub, hub.Find(id)); });
}

void ShardSet::OnAll(std::function<void(Hub&)> each, absl::AnyInvocable<void()> done) {
  const auto countdown =
      Countdown::Over(shards_.size(), [done = std::move(done)](uint64_t) mutable { done(); });
  for (size_t i = 0; i < shards_.size(); ++i) {
    Run(static_cast<ShardId>(i), [each, countdown](Hub& hub) {
      each(hub);
      countdown->ShardDone(0);
    });
  }
}

void ShardSet::Receive(MessageRef message, DeliveredCallback delivered) {
  if (watchers_ != nullptr) watchers_->Received(message);
  const InterestTable::Shards wanting = interest_->ShardsOf(message->ns);
  if (delivered == nullptr) {
    for (const ShardId shard : wanting) Deliver(shard, message, nullptr);
    return;
  }
  if (wanting.empty()) {
    delivered(0);
    return;
  }
  const auto countdown = Countdown::Over(wanting.size(), std::move(delivered));
  for (const ShardId shard : wanting) {
    Deliver(shard, message, [countdown](size_t peers) { countdown->ShardDone(peers); });
  }
}

Receiver::Rest ShardSet::Line(MessageRef message, DeliveredCallback delivered) {
  InterestTable::Shards wanting = interest_->ShardsOf(message->ns);
  std::shared_ptr<Countdown> countdown;
  if (delivered != nullptr && !wanting.empty()) {
    countdown = Countdown::Over(wanting.size(), std::exchange(delivered, nullptr));
  }
  for (const ShardId shard : wanting) {
    CountUndelivered(CostOf(*message));
    ShardInbox::Done done;
    if (countdown != nullptr) done = [countdown](size_t peers) { countdown->ShardDone(peers); };
    inboxes_[static_cast<size_t>(shard)]->Put(message, std::move(done));
  }
  return [this, message = std::move(message), wanting = std::move(wanting),
          delivered = std::move(delivered)]() mutable {
    if (watchers_ != nullptr) watchers_->Received(message);
    for (const ShardId shard : wanting) inboxes_[static_cast<size_t>(shard)]->Wake();
    if (delivered != nullptr) delivered(0);
  };
}

void ShardSet::ReceiveRemote(MessageRef message) {
  if (watchers_ != nullptr) watchers_->Received(message);
  for (const ShardId shard : interest_->ShardsOf(message->ns)) DeliverRemote(shard, message);
}

void ShardSet::DeliverRemote(ShardId shard, const MessageRef& message) {
  if (!TakesRemote(shard, *message)) return;
  const Shard& target = shards_[static_cast<size_t>(shard)];
  std::atomic<size_t>& waiting = remotes_[static_cast<size_t>(shard)]->bytes;
  waiting.fetch_add(static_cast<size_t>(CostOf(*message)), std::memory_order_relaxed);
  target.loop->Post([hub = target.hub, message, &waiting] {
    hub->Deliver(*message);
    waiting.fetch_sub(static_cast<size_t>(CostOf(*message)), std::memory_order_relaxed);
  });
}

// The first message that is missed posts the word of it, behind all that came before; as none of
// the namespace follows until that has run, it stands in the place of what is missing.
bool ShardSet::TakesRemote(ShardId shard, const Message& message) {
  Remote& remote = *remotes_[static_cast<size_t>(shard)];
  bool first = false;
  {
    const MutexLock lock(&remote.mutex);
    const auto missed = remote.missed.find(message.ns);
    const bool full = remote.bytes.load(std::memory_order_relaxed) > kMostUndelivered;
    if (missed == remote.missed.end() && !full) return true;
    first = missed == remote.missed.end();
    ++(first ? remote.missed[message.ns] : missed->second);
  }
  shards_[static_cast<size_t>(shard)].hub->CountInboxFull();
  if (first) {
    shards_[static_cast<size_t>(shard)].loop->Post(
        [this, shard, ns = message.ns] { TellMissed(shard, ns); });
  }
  return false;
}

void ShardSet::TellMissed(ShardId shard, const std::string& ns) {
  Remote& remote = *remotes_[static_cast<size_t>(shard)];
  uint64_t lost = 0;
  {
    const MutexLock lock(&remote.mutex);
    const auto missed = remote.missed.find(ns);
    lost = missed->second;
    remote.missed.erase(missed);
  }
  shards_[static_cast<size_t>(shard)].hub->Missed(ns, lost);
}

void ShardSet::Missed(std::string_view ns, std::optional<uint64_t> lost) {
  if (watchers_ != nullptr) watchers_->Missed(ns, lost);
  for (const ShardId shard : interest_->ShardsOf(ns)) {
    shards_[static_cast<size_t>(shard)].loop->Post([hub = shards_[static_cast<size_t>(shard)].hub,
                                                    ns = std::string(ns),
                                                    lost] { hub->Missed(ns, lost); });
  }
}

void ShardSet::Deliver(ShardId shard, MessageRef message,
                       absl::AnyInvocable<void(size_t)> delivered) {
  const Shard& target = shards_[static_cast<size_t>(shard)];
  if (target.loop->InLoop()) {
    const size_t peers = target.hub->Deliver(*message);
    if (delivered != nullptr) delivered(peers);
    return;
  }
  const ptrdiff_t bytes = CostOf(*message);
  CountUndelivered(bytes);
  target.loop->Post([this, bytes, hub = target.hub, message = std::move(message),
                     delivered = std::move(delivered)]() mutable {
    const size_t peers = hub->Deliver(*message);
    CountUndelivered(-bytes);
    if (delivered != nullptr) delivered(peers);
  });
}

void ShardSet::CountUndelivered(ptrdiff_t bytes) {
  const size_t now =
      undelivered_.fetch_add(static_cast<size_t>(bytes)) + static_cast<size_t>(bytes);
  if (now > kMostUndelivered) {
    congested_.store(true, std::memory_order_relaxed);
  } else if (now <= kMostUndelivered / 2 && Congested()) {
    congested_.store(false, std::memory_order_relaxed);
  }
}

}  // namespace hookcast::pubsub
