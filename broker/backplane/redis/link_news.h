#pragma once

#include <string>
#include <string_view>

#include "absl/container/flat_hash_set.h"
#include "broker/base/clock.h"
#include "broker/base/seldom.h"

namespace hookcast::backplane {

// What of a link's fortunes is news, for a line in the log: a failure whose reason was not told
// within about a minute, and that the link works again after one that was told. A link that comes
// and goes for one reason is told about once a minute, and another reason at once.
//
// Thread: one at a time.
class LinkNews {
 public:
  // The link was lost, or could not be made. After it `lasted` all is news again.
  bool Failed(std::string_view why, bool lasted, TimePoint now);
  // What it was used for was answered.
  bool Works();

 private:
  absl::flat_hash_set<std::string> told_;  // reasons, since these were cleared
  Seldom cleared_{std::chrono::minutes(1)};
  bool away_ = false;  // the last thing that was told is a failure
};

}  // namespace hookcast::backplane
