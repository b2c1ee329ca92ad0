#pragma once

#include <cstdint>

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

}  // namespace hookcast::pubsub
