#pragma once

#include <cstdint>
#include <string_view>

#include "absl/types/span.h"

namespace hookcast::backplane {

// One value that Redis sent.
struct RedisValue {
  enum class Kind : uint8_t { kNothing, kInteger, kText, kError };

  Kind kind = Kind::kNothing;
  int64_t integer = 0;
  std::string_view text;
};

// What Redis sent at once: one value, or a list of values. Valid until the reader goes on.
struct RedisReply {
  bool is_list = false;
  absl::Span<const RedisValue> values;  // exactly one where it is no list

  bool IsError() const {
    return !is_list && values.size() == 1 && values[0].kind == RedisValue::Kind::kError;
  }
  // Empty where there is no such text.
  std::string_view TextAt(size_t i) const {
    return i < values.size() ? values[i].text : std::string_view();
  }
};

}  // namespace hookcast::backplane
