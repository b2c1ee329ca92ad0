#pragma once

#include <array>
#include <chrono>
#include <cstdint>
#include <optional>

#include "absl/status/status.h"
#include "broker/base/backoff.h"
#include "broker/config/config.h"
#include "broker/hooks/hook_event.h"

namespace hookcast::hooks {

// What a route says about its hooks. Pure.
//
// Thread: any; immutable.
class HookPolicy {
 public:
  explicit HookPolicy(const config::Route& route);

  // Whether the route sends this hook at all.
  bool Wants(Hook hook) const { return wants_[static_cast<size_t>(hook)]; }
  std::chrono::milliseconds deadline(Hook hook) const {
    return deadlines_[static_cast<size_t>(hook)];
  }

  // How long to wait before the event is sent again, after the attempt numbered `attempt` (from 1)
  // failed with `status`; nullopt where that was the last. upgrade is never sent again; message,
  // where the route says redeliver: false, only while it surely never reached the application;
  // close again and again, whatever the route says, and also after a deadline.
  std::optional<std::chrono::milliseconds> RetryAfter(Hook hook, const absl::Status& status,
                                                      uint32_t attempt, uint64_t random) const;

  // Whether a peer whose message hook failed is closed with 1011.
  bool CloseOnMessageError() const { return close_on_message_error_; }

 private:
  std::array<bool, metrics::kHooks> wants_{};
  std::array<std::chrono::milliseconds, metrics::kHooks> deadlines_{};
  uint32_t retries_ = 0;
  bool redeliver_ = true;
  bool close_on_message_error_ = false;
  Backoff backoff_;
};

// How a call's status is counted.
metrics::HookResult ResultOf(const absl::Status& status);

}  // namespace hookcast::hooks
