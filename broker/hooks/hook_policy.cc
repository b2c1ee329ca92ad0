#include "broker/hooks/hook_policy.h"

namespace hookcast::hooks {

HookPolicy::HookPolicy(const config::Route& route)
    : deadlines_{route.deadlines.upgrade, route.deadlines.open, route.deadlines.message,
                 route.deadlines.close, route.deadlines.error},
      retries_(static_cast<uint32_t>(route.hook_retries)) {
  if (route.static_rules) {
    // Static rules answer at once; what they would do nothing for is not even asked.
    wants_[static_cast<size_t>(Hook::kOpen)] = !route.static_rules->subscribe.empty();
    wants_[static_cast<size_t>(Hook::kMessage)] =
        route.static_rules->on_message != config::OnMessage::kIgnore;
    return;
  }
  wants_ = {route.hooks.upgrade, route.hooks.open, route.hooks.message, route.hooks.close,
            route.hooks.error};
}

std::optional<std::chrono::milliseconds> HookPolicy::RetryAfter(Hook hook, absl::StatusCode code,
                                                                uint32_t attempt,
                                                                uint64_t random) const {
  if (hook == Hook::kUpgrade || code != absl::StatusCode::kUnavailable || attempt > retries_) {
    return std::nullopt;
  }
  return backoff_.After(attempt, random);
}

metrics::HookResult ResultOf(const absl::Status& status) {
  switch (status.code()) {
    case absl::StatusCode::kOk:
      return metrics::HookResult::kOk;
    case absl::StatusCode::kUnimplemented:
      return metrics::HookResult::kSkipped;
    case absl::StatusCode::kDeadlineExceeded:
      return metrics::HookResult::kDeadline;
    case absl::StatusCode::kUnavailable:
      return metrics::HookResult::kUnavailable;
    default:
      return metrics::HookResult::kFailed;
  }
}

}  // namespace hookcast::hooks
