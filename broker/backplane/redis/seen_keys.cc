#include "broker/backplane/redis/seen_keys.h"

#include <iterator>
#include <utility>

#include "absl/strings/str_cat.h"

namespace hookcast::backplane {

namespace {

std::string NameOf(std::string_view ns, std::string_view key) {
  std::string name = absl::StrCat(ns.size(), ":");
  name.append(ns).append(key);
  return name;
}

}  // namespace

bool SeenKeys::Add(std::string_view ns, std::string_view key, TimePoint now) {
  std::string name = NameOf(ns, key);
  const MutexLock lock(&mutex_);
  while (!oldest_first_.empty() && now - oldest_first_.front().at >= kKept) {
    Forget(oldest_first_.begin());
  }
  if (seen_.contains(name)) return false;
  bytes_ += name.size();
  oldest_first_.push_back({std::move(name), now});
  seen_.emplace(oldest_first_.back().name, std::prev(oldest_first_.end()));
  while (oldest_first_.size() > kMost || bytes_ > kMostBytes) {
    metrics_->backplane_keys_evicted.Add();
    Forget(oldest_first_.begin());
  }
  return true;
}

void SeenKeys::Remove(std::string_view ns, std::string_view key) {
  const std::string name = NameOf(ns, key);
  const MutexLock lock(&mutex_);
  const auto found = seen_.find(name);
  if (found != seen_.end()) Forget(found->second);
}

void SeenKeys::Forget(List::iterator key) {
  bytes_ -= key->name.size();
  seen_.erase(std::string_view(key->name));
  oldest_first_.erase(key);
}

}  // namespace hookcast::backplane
