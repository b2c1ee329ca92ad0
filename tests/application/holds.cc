#include "tests/application/holds.h"

#include <utility>

namespace hookcast::testing {

void Holds::Await(const std::string& name, std::function<void()> then) {
  {
    const std::lock_guard lock(mutex_);
    if (!released_.contains(name)) {
      waiting_[name].push_back(std::move(then));
      return;
    }
  }
  then();
}

void Holds::Release(const std::string& name) {
  std::vector<std::function<void()>> ready;
  {
    const std::lock_guard lock(mutex_);
    released_.insert(name);
    const auto found = waiting_.find(name);
    if (found != waiting_.end()) {
      ready = std::move(found->second);
      waiting_.erase(found);
    }
  }
  for (const auto& then : ready) then();
}

}  // namespace hookcast::testing
