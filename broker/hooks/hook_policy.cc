#include "broker/hooks/hook_policy.h"

#include "broker/hooks/hook_failure.h"

namespace hookcast::hooks {
namespace {

// For close, at an application that is away for long.
constexpr Backoff kCloseBackoff{std::chrono::milliseconds(100), std::chrono::milliseconds(15'000)};

}  // namespace

HookPolicy::HookPolicy(const config::Route& route)
    : deadlines_{route.deadlines.upgrade, route.deadlines.open,  route.deadlines.message,
                 route.deadlines.close,   route.deadlines.error, route.deadlines.drain,
                 route.deadlines.resume},
      retries_(static_cast<uint32_t>(route.hook_retries)),
      redeliver_(route.redeliver),
      close_on_message_error_(route.on_message_error == config::OnMessageError::kClose) {
  if (route.static_rules) {
    // Static rules answer at once; what they would do nothing for is not even asked.
    const bool queries = !route.static_rules->query_topics.empty();
    wants_[static_cast<size_t>(Hook::kUpgrade)] = queries;
    wants_[static_cast<size_t>(Hook::kOpen)] = queries || !route.static_rules->subscribe.empty();
    wants_[static_cast<size_t>(Hook::kMessage)] =
        route.static_rules->on_message != config::OnMessage::kIgnore;
    return;
  }
  wants_ = {route.hooks.upgrade, route.hooks.open,  route.hooks.message, route.hooks.close,
            route.hooks.error,   route.hooks.drain, route.hooks.resume};
}

std::optional<std::chrono::milliseconds> HookPolicy::RetryAfter(Hook hook,
                                                                const absl::Status& status,
                                                                uint32_t attempt,
                                                                uint64_t random) const {
  if (hook == Hook::kUpgrade) return std::nullopt;
  // A close that is lost is a peer that never leaves.
  if (hook == Hook::kClose) {
    const bool again = absl::IsUnavailable(status) || absl::IsDeadlineExceeded(status);
    return again ? std::optional(kCloseBackoff.After(attempt, random)) : std::nullopt;
  }
  if (hook == Hook::kMessage && !redeliver_ && !WasNeverSent(status)) return std::nullopt;
  if (!absl::IsUnavailable(status) || attempt > retries_) return std::nullopt;
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
