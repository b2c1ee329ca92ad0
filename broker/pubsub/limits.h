#pragma once

#include <cstddef>
#include <string_view>

#include "absl/status/status.h"

namespace hookcast::pubsub {

inline constexpr size_t kMaxNamespaceBytes = 1024;
inline constexpr size_t kMaxTopicBytes = 255;
inline constexpr size_t kMaxIdempotencyKeyBytes = 255;

// OK, or INVALID_ARGUMENT that says what was wrong and what would be right. A namespace may be
// empty; a topic may not. Both are any bytes of valid UTF-8.
absl::Status CheckNamespace(std::string_view ns);
absl::Status CheckTopic(std::string_view topic);
// The same; the empty key is none.
absl::Status CheckIdempotencyKey(std::string_view key);

}  // namespace hookcast::pubsub
