#pragma once

#include <string_view>

#include "absl/status/status.h"

namespace hookcast::config {

// One entry of a route's query_topics: a topic as it is, or `*` at the end for whatever follows,
// nothing included.
//
// OK, or INVALID_ARGUMENT that says what is wrong and what would be right. Thread: any.
absl::Status CheckTopicPattern(std::string_view pattern);

// REQUIRES: CheckTopicPattern accepts the pattern.
bool MatchesTopicPattern(std::string_view pattern, std::string_view topic);

}  // namespace hookcast::config
