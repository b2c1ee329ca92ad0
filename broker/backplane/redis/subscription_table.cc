#include "broker/backplane/redis/subscription_table.h"

#include <utility>

namespace hookcast::backplane {

SubscriptionTable::~SubscriptionTable() {
  LinkDown();
  metrics_->backplane_wanted.Add(-static_cast<int64_t>(wanted_));
  metrics_->backplane_lingering.Add(-static_cast<int64_t>(lingering_.size()));
}

SubscriptionTable::Entry* SubscriptionTable::Find(std::string_view ns) const {
  const auto found = entries_.find(ns);
  return found == entries_.end() ? nullptr : found->second.get();
}

void SubscriptionTable::Want(std::string_view ns) {
  Entry* entry = Find(ns);
  if (entry == nullptr) {
    auto made = std::make_unique<Entry>();
    entry = made.get();
    entry->ns = ns;
    entries_.emplace(entry->ns, std::move(made));
  }
  if (entry->wanted) return;
  entry->wanted = true;
  ++wanted_;
  metrics_->backplane_wanted.Add(1);
  EndLingering(entry);
  Settle(entry);
}

void SubscriptionTable::Unwant(std::string_view ns, TimePoint now, Answers* answers) {
  Entry* const entry = Find(ns);
  if (entry == nullptr || !entry->wanted) return;
  entry->wanted = false;
  entry->missed = false;
  --wanted_;
  metrics_->backplane_wanted.Add(-1);
  AnswerAll(entry, false, answers);
  SetRestoring(entry, false);
  // What is not subscribed has nothing to linger for.
  if (entry->wire == Wire::kSubscribed || entry->wire == Wire::kSubscribing) {
    entry->lingers = true;
    entry->lingers_until = now + linger_;
    entry->lingers_at = lingering_.insert(lingering_.end(), entry);
    metrics_->backplane_lingering.Add(1);
    if (lingering_.size() > kMostLingering) {
      Entry* const oldest = lingering_.front();
      EndLingering(oldest);
      Settle(oldest);
      return;
    }
  }
  Settle(entry);
}

void SubscriptionTable::AwaitHeard(std::string_view ns, pubsub::HeardCallback done, TimePoint now,
                                   Answers* answers) {
  Entry* const entry = Find(ns);
  if (entry == nullptr || !entry->wanted || entry->wire == Wire::kSubscribed) {
    answers->push_back({std::move(done), entry != nullptr && entry->wanted});
    return;
  }
  entry->waiters.push_back(
      waiters_.insert(waiters_.end(), {entry, now + kHeardWithin, std::move(done)}));
}

void SubscriptionTable::LinkUp() {
  up_ = true;
  for (const auto& [ns, entry] : entries_) {
    SetRestoring(entry.get(), entry->wanted);
    Settle(entry.get());
  }
}

void SubscriptionTable::LinkDown() {
  up_ = false;
  unanswered_ = 0;
  std::vector<Entry*> all;
  all.reserve(entries_.size());
  for (const auto& [ns, entry] : entries_) all.push_back(entry.get());
  for (Entry* const entry : all) {
    if (entry->wire == Wire::kSubscribed && entry->wanted) entry->missed = true;
    SetWire(entry, Wire::kNothing);
    SetDue(entry, false);
    EndLingering(entry);
    Settle(entry);
  }
}

void SubscriptionTable::Settle(Entry* entry) {
  const bool keep = entry->wanted || entry->lingers;
  if (!keep && entry->wire == Wire::kNothing) {
    SetDue(entry, false);
    entries_.erase(std::string_view(entry->ns));
    return;
  }
  // A command under way is waited for.
  SetDue(entry, up_ && ((keep && entry->wire == Wire::kNothing) ||
                        (!keep && entry->wire == Wire::kSubscribed)));
}

void SubscriptionTable::SetWire(Entry* entry, Wire wire) {
  metrics_->backplane_subscribed.Add((wire == Wire::kSubscribed ? 1 : 0) -
                                     (entry->wire == Wire::kSubscribed ? 1 : 0));
  entry->wire = wire;
}

void SubscriptionTable::SetDue(Entry* entry, bool due) {
  if (entry->due == due) return;
  entry->due = due;
  if (due) {
    entry->due_at = due_.insert(due_.end(), entry);
  } else {
    due_.erase(entry->due_at);
  }
}

void SubscriptionTable::SetRestoring(Entry* entry, bool restoring) {
  if (entry->restoring == restoring) return;
  entry->restoring = restoring;
  if (restoring) {
    ++restoring_;
  } else {
    --restoring_;
  }
}

void SubscriptionTable::EndLingering(Entry* entry) {
  if (!entry->lingers) return;
  entry->lingers = false;
  lingering_.erase(entry->lingers_at);
  metrics_->backplane_lingering.Add(-1);
}

std::optional<SubscriptionTable::Command> SubscriptionTable::NextCommand(size_t most) {
  if (due_.empty() || unanswered_ >= kMostUnanswered) return std::nullopt;
  Command command{.subscribe = due_.front()->wire == Wire::kNothing};
  while (!due_.empty() && command.namespaces.size() < most) {
    Entry* const entry = due_.front();
    if ((entry->wire == Wire::kNothing) != command.subscribe) break;
    SetDue(entry, false);
    SetWire(entry, command.subscribe ? Wire::kSubscribing : Wire::kUnsubscribing);
    command.namespaces.push_back(entry->ns);
  }
  unanswered_ += command.namespaces.size();
  return command;
}

bool SubscriptionTable::Subscribed(std::string_view ns, Answers* answers) {
  Entry* const entry = Find(ns);
  if (entry == nullptr || entry->wire != Wire::kSubscribing) return false;
  --unanswered_;
  SetWire(entry, Wire::kSubscribed);
  SetRestoring(entry, false);
  const bool missed = std::exchange(entry->missed, false);
  AnswerAll(entry, true, answers);
  Settle(entry);
  return missed;
}

void SubscriptionTable::Unsubscribed(std::string_view ns) {
  Entry* const entry = Find(ns);
  if (entry == nullptr || entry->wire != Wire::kUnsubscribing) return;
  --unanswered_;
  SetWire(entry, Wire::kNothing);
  Settle(entry);
}

void SubscriptionTable::AnswerAll(Entry* entry, bool heard, Answers* answers) {
  for (const Waiters::iterator waiter : std::exchange(entry->waiters, {})) {
    answers->push_back({std::move(waiter->done), heard});
    waiters_.erase(waiter);
  }
}

void SubscriptionTable::Tick(TimePoint now, Answers* answers) {
  while (!lingering_.empty() && lingering_.front()->lingers_until <= now) {
    Entry* const entry = lingering_.front();
    EndLingering(entry);
    Settle(entry);
  }
  while (!waiters_.empty() && waiters_.front().until <= now) {
    Entry* const entry = waiters_.front().entry;
    // Those of one namespace wait in the order in which they came.
    entry->waiters.erase(entry->waiters.begin());
    entry->missed = true;  // whoever was told so is told when it is heard
    answers->push_back({std::move(waiters_.front().done), false});
    waiters_.pop_front();
  }
}

void SubscriptionTable::Stop(Answers* answers) {
  for (Waiter& waiter : waiters_) {
    waiter.entry->waiters.clear();
    answers->push_back({std::move(waiter.done), false});
  }
  waiters_.clear();
}

bool SubscriptionTable::IsHeard(std::string_view ns) const {
  const Entry* const entry = Find(ns);
  return entry != nullptr && entry->wanted && entry->wire == Wire::kSubscribed;
}

}  // namespace hookcast::backplane
