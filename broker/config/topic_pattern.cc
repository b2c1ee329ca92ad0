#include "broker/config/topic_pattern.h"

#include <algorithm>

#include "absl/strings/str_cat.h"
#include "broker/config/quote.h"

namespace hookcast::config {
namespace {

constexpr size_t kMaxTopicBytes = 255;

}  // namespace

absl::Status CheckTopicPattern(std::string_view pattern) {
  if (pattern.empty()) {
    return absl::InvalidArgumentError(
        "is empty; write a topic such as news, or prices-* for all that begin so");
  }
  if (std::min(pattern.find('*'), pattern.size() - 1) != pattern.size() - 1) {
    return absl::InvalidArgumentError(
        absl::StrCat(Quote(pattern),
                     " holds a '*' that is not at its end; write a topic as it is, "
                     "or end what it begins with by '*'"));
  }
  const size_t bytes = pattern.size() - (pattern.ends_with('*') ? 1 : 0);
  if (bytes > kMaxTopicBytes) {
    return absl::InvalidArgumentError(
        absl::StrCat("the topic has ", bytes, " bytes; it may have at most ", kMaxTopicBytes));
  }
  return absl::OkStatus();
}

bool MatchesTopicPattern(std::string_view pattern, std::string_view topic) {
  if (!pattern.ends_with('*')) return pattern == topic;
  return topic.starts_with(pattern.substr(0, pattern.size() - 1));
}

}  // namespace hookcast::config
