#include "broker/backplane/redis/link_news.h"

#include <utility>

namespace hookcast::backplane {
namespace {

constexpr size_t kMostReasons = 8;  // a minute: Redis may be made to say something new each time

}  // namespace

bool LinkNews::Failed(std::string_view why, bool lasted, TimePoint now) {
  if (cleared_.Pass(now) || lasted) told_.clear();
  if (told_.size() >= kMostReasons || !told_.insert(std::string(why)).second) return false;
  away_ = true;
  return true;
}

bool LinkNews::Works() { return std::exchange(away_, false); }

}  // namespace hookcast::backplane
