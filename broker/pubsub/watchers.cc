#include "broker/pubsub/watchers.h"

#include <algorithm>
#include <utility>

#include "absl/strings/str_cat.h"

namespace hookcast::pubsub {

Watchers::Watchers(metrics::Catalogue* metrics)
    : metrics_(metrics), entries_(std::make_shared<const Entries>()) {}

absl::Status Watchers::Add(std::shared_ptr<Watcher> watcher, Wants wants) {
  const MutexLock lock(&mutex_);
  if (stopped_) return absl::UnavailableError("the node is stopping");
  if (entries_->size() == kMost) {
    return absl::ResourceExhaustedError(
        absl::StrCat("this node is watched by ", kMost, " already, and takes no more"));
  }
  Entries entries = *entries_;
  entries.push_back({std::move(watcher), wants});
  Replace(std::move(entries));
  return absl::OkStatus();
}

void Watchers::Remove(const Watcher* watcher) {
  const MutexLock lock(&mutex_);
  Entries entries = *entries_;
  std::erase_if(entries, [&](const Entry& entry) { return entry.watcher.get() == watcher; });
  Replace(std::move(entries));
}

void Watchers::Stop() {
  std::shared_ptr<const Entries> entries;
  {
    const MutexLock lock(&mutex_);
    stopped_ = true;
    entries = entries_;
    Replace({});
  }
  for (const Entry& entry : *entries) entry.watcher->OnStopped();
}

void Watchers::TellReceived(const MessageRef& message) {
  const auto entries = Snapshot();
  for (const Entry& entry : *entries) {
    if (entry.wants.messages) entry.watcher->OnMessage(message);
  }
}

void Watchers::TellMissed(std::string_view ns, std::optional<uint64_t> lost) {
  const auto entries = Snapshot();
  for (const Entry& entry : *entries) {
    if (entry.wants.messages) entry.watcher->OnMissed(ns, lost);
  }
}

void Watchers::TellOpened(const Peer& peer) {
  const auto entries = Snapshot();
  for (const Entry& entry : *entries) {
    if (entry.wants.peers) entry.watcher->OnOpened(peer);
  }
}

void Watchers::TellClosed(const Peer& peer, const CloseDetails& details) {
  const auto entries = Snapshot();
  for (const Entry& entry : *entries) {
    if (entry.wants.peers) entry.watcher->OnClosed(peer, details);
  }
}

std::shared_ptr<const Watchers::Entries> Watchers::Snapshot() {
  const MutexLock lock(&mutex_);
  return entries_;
}

void Watchers::Replace(Entries entries) {
  metrics_->watchers.Add(static_cast<int64_t>(entries.size()) -
                         static_cast<int64_t>(entries_->size()));
  messages_wanted_ =
      std::any_of(entries.begin(), entries.end(), [](const Entry& e) { return e.wants.messages; });
  peers_wanted_ =
      std::any_of(entries.begin(), entries.end(), [](const Entry& e) { return e.wants.peers; });
  entries_ = std::make_shared<const Entries>(std::move(entries));
}

}  // namespace hookcast::pubsub
