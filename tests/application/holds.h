#pragma once

#include <functional>
#include <map>
#include <mutex>
#include <set>
#include <string>
#include <vector>

namespace hookcast::testing {

// Answers that are held back until a test lets them go, by name.
//
// Thread: any.
class Holds {
 public:
  // Runs `then` once the name is let go; at once where it was already.
  void Await(const std::string& name, std::function<void()> then);
  // Also for those that come later.
  void Release(const std::string& name);

 private:
  std::mutex mutex_;
  std::set<std::string> released_;
  std::map<std::string, std::vector<std::function<void()>>> waiting_;
};

}  // namespace hookcast::testing
