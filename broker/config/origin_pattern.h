#pragma once

#include <cstdint>
#include <string>
#include <string_view>

#include "absl/status/statusor.h"

namespace hookcast::config {

// One entry of a route's allowed_origins, and what it lets in. What a browser sends is RFC 6454,
// section 7: "null", or scheme "://" host [ ":" port ].
//
// Scheme and host are compared without regard to case; 80 is http's port and 443 https's where
// none is written, and other schemes have none. "https://*.example.com" takes each host below
// example.com, however deep, and not example.com itself. "null" takes "null", and "*" whatever
// came.
//
// Immutable. Thread: any.
class OriginPattern {
 public:
  // INVALID_ARGUMENT with what is wrong and what would be right.
  static absl::StatusOr<OriginPattern> Parse(std::string_view text);

  // Whether the value of an Origin header is of this pattern. What is not written as an origin (a
  // path, user info, a dot behind the host, a list) is of none but "*".
  bool Matches(std::string_view origin) const;
  bool matches_all() const { return kind_ == Kind::kAny; }

 private:
  enum class Kind : uint8_t { kExact, kBelow, kNull, kAny };

  explicit OriginPattern(Kind kind) : kind_(kind) {}

  Kind kind_;
  std::string scheme_;  // in lower case, as the host
  std::string host_;    // of kBelow: what follows the star, ".example.com"
  int port_ = 0;        // 0 for none
};

}  // namespace hookcast::config
