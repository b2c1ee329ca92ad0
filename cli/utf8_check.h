#pragma once

#include <string>

#include "absl/status/status.h"
#include "absl/strings/str_cat.h"
#include "cli/failure.h"
#include "cli/text.h"

namespace hookcast::cli {

// For CLI::Option::check: refuses an argument that is not UTF-8, which no name on the wire may be.
inline auto Utf8Check() {
  return [](const std::string& text) {
    return FirstNonUtf8Byte(text) ? Quoted(text) + " is not UTF-8" : std::string();
  };
}

// The same for an argument that the parser may not check, since what it is depends on others.
inline absl::Status CheckUtf8(const std::string& name, const std::string& text) {
  if (!FirstNonUtf8Byte(text)) return absl::OkStatus();
  return UsageFailure(absl::StrCat(name, ": ", Quoted(text), " is not UTF-8"));
}

}  // namespace hookcast::cli
