#include "broker/pubsub/limits.h"

#include "absl/strings/str_cat.h"
#include "broker/base/utf8.h"

namespace hookcast::pubsub {

absl::Status CheckNamespace(std::string_view ns) {
  if (ns.size() > kMaxNamespaceBytes) {
    return absl::InvalidArgumentError(absl::StrCat(
        "the namespace has ", ns.size(), " bytes; it may have at most ", kMaxNamespaceBytes));
  }
  if (!IsValidUtf8(ns)) {
    return absl::InvalidArgumentError(
        "the namespace is not valid UTF-8; any characters may be in it");
  }
  return absl::OkStatus();
}

absl::Status CheckTopic(std::string_view topic) {
  if (topic.empty()) return absl::InvalidArgumentError("the topic is empty; it needs a name");
  if (topic.size() > kMaxTopicBytes) {
    return absl::InvalidArgumentError(absl::StrCat("the topic has ", topic.size(),
                                                   " bytes; it may have at most ", kMaxTopicBytes));
  }
  if (!IsValidUtf8(topic)) {
    return absl::InvalidArgumentError("the topic is not valid UTF-8; any characters may be in it");
  }
  return absl::OkStatus();
}

absl::Status CheckIdempotencyKey(std::string_view key) {
  if (key.size() > kMaxIdempotencyKeyBytes) {
    return absl::InvalidArgumentError(absl::StrCat("the idempotency_key has ", key.size(),
                                                   " bytes; it may have at most ",
                                                   kMaxIdempotencyKeyBytes));
  }
  return absl::OkStatus();
}

}  // namespace hookcast::pubsub
