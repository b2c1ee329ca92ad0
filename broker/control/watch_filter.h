#pragma once

#include <optional>
#include <string>
#include <string_view>

#include "absl/status/statusor.h"
#include "broker/pubsub/message.h"
#include "broker/pubsub/watchers.h"
#include "hookcast/v1/broker.pb.h"

namespace hookcast::control {

// What a watcher wants to hear of.
//
// Thread: immutable.
class WatchFilter {
 public:
  // INVALID_ARGUMENT for a namespace or topic against the limits.
  static absl::StatusOr<WatchFilter> Read(const v1::WatchRequest& request);

  // The namespace that alone is of interest; none: all are.
  const std::optional<std::string>& ns() const { return ns_; }
  pubsub::Watchers::Wants wants() const { return wants_; }
  bool Passes(const pubsub::Message& message) const;
  // Whether peers of a namespace, and what the node missed of it, are told of.
  bool Passes(std::string_view ns) const { return !ns_ || *ns_ == ns; }

 private:
  WatchFilter() = default;

  std::optional<std::string> ns_;
  std::string topic_;
  pubsub::Watchers::Wants wants_;
};

}  // namespace hookcast::control
