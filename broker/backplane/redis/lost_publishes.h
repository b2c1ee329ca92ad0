#pragma once

#include <cstddef>
#include <cstdint>
#include <functional>
#include <map>
#include <optional>
#include <string>
#include <string_view>

#include "broker/base/mutex.h"

namespace hookcast::backplane {

// What the other nodes are still to be told of: how many messages of each namespace Redis did not
// take, of those that nobody publishes again.
//
// Thread: any.
class LostPublishes {
 public:
  struct Loss {
    std::string ns;
    uint64_t messages = 0;
  };

  // Beyond `most` namespaces at once, those of further ones are not told.
  explicit LostPublishes(size_t most = 100'000) : most_(most) {}

  void Add(std::string_view ns, uint64_t messages);
  // All of some namespace, to be told; or none.
  std::optional<Loss> Take();

 private:
  const size_t most_;
  Mutex mutex_;
  std::map<std::string, uint64_t, std::less<>> messages_ HOOKCAST_GUARDED_BY(mutex_);
};

}  // namespace hookcast::backplane
