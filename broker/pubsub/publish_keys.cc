#include "broker/pubsub/publish_keys.h"

#include <utility>

#include "absl/strings/str_cat.h"

namespace hookcast::pubsub {
namespace {

// The length tells where the namespace ends: either may hold any character.
std::string NameOf(std::string_view ns, std::string_view key) {
  std::string name = absl::StrCat(ns.size(), ":");
  return name.append(ns).append(key);
}

}  // namespace

PublishKeys::PublishKeys(const Clock* clock, metrics::Catalogue* metrics)
    : clock_(clock), metrics_(metrics) {}

std::optional<PublishKeys::Attempt> PublishKeys::Begin(std::string_view ns, std::string_view key,
                                                       MessageId id, PublishedCallback done) {
  std::string name = NameOf(ns, key);
  std::shared_ptr<Entry> entry;
  {
    const MutexLock lock(&mutex_);
    Forget();
    std::shared_ptr<Entry>& known = entries_[name];
    if (known == nullptr) {
      known = std::make_shared<Entry>();
      known->since = clock_->Now();
      known->bytes = name.size();
      {
        const MutexLock entry_lock(&known->mutex);
        known->answer.id = id;
        if (done != nullptr) known->waiting.push_back(std::move(done));
      }
      entry = known;
      bytes_ += name.size();
      oldest_first_.push_back(std::move(name));
      while (oldest_first_.size() > kMost || bytes_ > kMostBytes) {
        metrics_->publish_keys_evicted.Add();
        ForgetOldest();
      }
      return Attempt(std::move(entry), id, 0);
    }
    entry = known;
  }
  Published answer;
  {
    const MutexLock lock(&entry->mutex);
    answer = entry->answer;
    if (!entry->under_way && !answer.status.ok()) {
      entry->under_way = true;
      if (done != nullptr) entry->waiting.push_back(std::move(done));
      return Attempt(entry, answer.id, answer.local_count);
    }
    metrics_->publish_repeats.Add();
    if (entry->under_way) {
      if (done != nullptr) entry->waiting.push_back(std::move(done));
      return std::nullopt;
    }
  }
  if (done != nullptr) done(std::move(answer));
  return std::nullopt;
}

void PublishKeys::Forget() {
  const TimePoint now = clock_->Now();
  while (!oldest_first_.empty() &&
         now - entries_.find(oldest_first_.front())->second->since >= kKept) {
    ForgetOldest();
  }
}

void PublishKeys::ForgetOldest() {
  const auto oldest = entries_.find(oldest_first_.front());
  bytes_ -= oldest->second->bytes;
  entries_.erase(oldest);
  oldest_first_.pop_front();
}

PublishKeys::Attempt::~Attempt() {
  if (entry_ != nullptr) Settle(absl::UnavailableError("the node is stopping"), 0);
}

void PublishKeys::Attempt::Settle(absl::Status status, uint64_t local_count) {
  const std::shared_ptr<Entry> entry = std::move(entry_);
  std::vector<PublishedCallback> waiting;
  Published answer{std::move(status), id_, reached_ + local_count};
  {
    const MutexLock lock(&entry->mutex);
    entry->under_way = false;
    entry->answer = answer;
    waiting.swap(entry->waiting);
  }
  for (PublishedCallback& done : waiting) done(answer);
}

}  // namespace hookcast::pubsub
