#pragma once

#include <cstdint>
#include <optional>
#include <string>
#include <variant>

#include "absl/status/status.h"
#include "broker/pubsub/message.h"

namespace hookcast::hooks {

// What a hook's reply or a control call orders for one peer. proto/hookcast/v1/types.proto says
// what each does.
struct SendAction {
  pubsub::Data data;
};
struct SubscribeAction {
  std::string topic;
  std::optional<pubsub::Position> since = std::nullopt;  // from now on
};
struct UnsubscribeAction {
  std::string topic;
};
struct PublishAction {
  std::string topic;
  pubsub::Data data;
  bool include_self = false;
  std::string idempotency_key;  // empty: none
};
struct CloseAction {
  uint16_t code = 1000;
  std::string reason;
};
struct TerminateAction {};

using Action = std::variant<SendAction, SubscribeAction, UnsubscribeAction, PublishAction,
                            CloseAction, TerminateAction>;

inline constexpr size_t kMaxCloseReasonBytes = 123;  // RFC 6455 section 5.5: 125, less the code

// OK, or INVALID_ARGUMENT that says what was wrong with the code or the reason, and what would be
// right.
absl::Status CheckClose(uint32_t code, std::string_view reason);

}  // namespace hookcast::hooks
