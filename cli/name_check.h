#pragma once

#include <cstddef>
#include <string>

#include "absl/status/status.h"
#include "absl/strings/str_cat.h"
#include "cli/failure.h"
#include "cli/utf8_check.h"

namespace hookcast::cli {

// What a node takes (docs/contract.md), so that a mistake is told before one is asked. Each answers
// what is wrong with a text, empty where it is good, and does for CLI::Option::check.

// A name of so many bytes.
inline auto NameCheck(size_t least, size_t most) {
  return [least, most](const std::string& text) -> std::string {
    if (text.size() > most) {
      return absl::StrCat("it has ", text.size(), " bytes; it may have at most ", most);
    }
    if (text.size() < least) return "it is empty; it needs a name";
    return Utf8Check()(text);
  };
}
inline auto NamespaceCheck() { return NameCheck(0, 1024); }
inline auto TopicCheck() { return NameCheck(1, 255); }
inline auto KeyCheck() { return NameCheck(0, 255); }

// A field of an event: one line.
inline auto LineCheck() {
  return [](const std::string& text) -> std::string {
    if (text.find_first_of(std::string("\r\n\0", 3)) != std::string::npos) {
      return "it holds CR, LF or NUL; it has to be one line";
    }
    return Utf8Check()(text);
  };
}
// The name of an event of the application's own.
inline auto EventNameCheck() {
  return [](const std::string& text) -> std::string {
    if (text.starts_with("hookcast.")) {
      return "names that begin with \"hookcast.\" are the node's own";
    }
    return LineCheck()(text);
  };
}

// For a topic that the parser may not check, since what it is depends on others.
inline absl::Status CheckTopic(const std::string& text) {
  const std::string wrong = TopicCheck()(text);
  return wrong.empty() ? absl::OkStatus() : UsageFailure(absl::StrCat("TOPIC: ", wrong));
}

}  // namespace hookcast::cli
