#include "broker/control/watch_filter.h"

#include "broker/pubsub/limits.h"

namespace hookcast::control {

absl::StatusOr<WatchFilter> WatchFilter::Read(const v1::WatchRequest& request) {
  WatchFilter filter;
  if (request.has_namespace_()) {
    if (absl::Status status = pubsub::CheckNamespace(request.namespace_()); !status.ok()) {
      return status;
    }
    filter.ns_ = request.namespace_();
  }
  if (!request.topic().empty()) {
    if (absl::Status status = pubsub::CheckTopic(request.topic()); !status.ok()) return status;
    filter.topic_ = request.topic();
  }
  const bool both = !request.messages() && !request.peers();
  filter.wants_ = {both || request.messages(), both || request.peers()};
  return filter;
}

bool WatchFilter::Passes(const pubsub::Message& message) const {
  return Passes(std::string_view(message.ns)) && (topic_.empty() || topic_ == message.topic);
}

}  // namespace hookcast::control
