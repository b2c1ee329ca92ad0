#include "broker/backplane/redis/lost_publishes.h"

namespace hookcast::backplane {

void LostPublishes::Add(std::string_view ns, uint64_t messages) {
  const MutexLock lock(&mutex_);
  const auto known = messages_.find(ns);
  if (known != messages_.end()) {
    known->second += messages;
  } else if (messages_.size() < most_) {
    messages_.emplace(ns, messages);
  }
}

std::optional<LostPublishes::Loss> LostPublishes::Take() {
  const MutexLock lock(&mutex_);
  if (messages_.empty()) return std::nullopt;
  const auto first = messages_.begin();
  Loss loss{first->first, first->second};
  messages_.erase(first);
  return loss;
}

}  // namespace hookcast::backplane
