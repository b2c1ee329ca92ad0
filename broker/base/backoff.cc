#include "broker/base/backoff.h"

#include <algorithm>

namespace hookcast {

std::chrono::milliseconds Backoff::After(uint32_t attempt, uint64_t random) const {
  const uint32_t doublings = std::min<uint32_t>(attempt == 0 ? 0 : attempt - 1, 30);
  const int64_t ceiling = std::min<int64_t>(most.count(), first.count() << doublings);
  const int64_t half = ceiling / 2;
  return std::chrono::milliseconds(ceiling - half +
                                   static_cast<int64_t>(random % static_cast<uint64_t>(half + 1)));
}

}  // namespace hookcast
