#include "broker/backplane/redis/seen_keys.h"

#include "absl/strings/str_cat.h"

namespace hookcast::backplane {

bool SeenKeys::Add(std::string_view ns, std::string_view key, TimePoint now) {
  std::string name = absl::StrCat(ns.size(), ":");
  name.append(ns).append(key);
  const MutexLock lock(&mutex_);
  while (!oldest_first_.empty() && now - oldest_first_.front().at >= kKept) ForgetOldest();
  if (!names_.insert(name).second) return false;
  bytes_ += name.size();
  oldest_first_.push_back({std::move(name), now});
  while (oldest_first_.size() > kMost || bytes_ > kMostBytes) {
    metrics_->backplane_keys_evicted.Add();
    ForgetOldest();
  }
  return true;
}

void SeenKeys::ForgetOldest() {
  const Seen& oldest = oldest_first_.front();
  bytes_ -= oldest.name.size();
  names_.erase(oldest.name);
  oldest_first_.pop_front();
}

}  // namespace hookcast::backplane
