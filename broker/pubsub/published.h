#pragma once

#include <cstdint>
#include <string_view>

#include "absl/functional/any_invocable.h"
#include "absl/status/status.h"
#include "broker/base/ids.h"

namespace hookcast::pubsub {

// How a publish ended.
struct Published {
  absl::Status status;
  MessageId id;              // meaningless where nothing was published
  uint64_t local_count = 0;  // peers of this node that took it
};
using PublishedCallback = absl::AnyInvocable<void(Published)>;

// UNAVAILABLE, of a publish that the backplane did not take: no other node got it.
absl::Status NotTaken(std::string_view message);
// UNAVAILABLE, of one of which nobody knows: other nodes may have got it.
absl::Status MaybeTaken(std::string_view message);
// Which of the two it was; true also for a status that neither made.
bool OthersMayHaveIt(const absl::Status& status);

}  // namespace hookcast::pubsub
