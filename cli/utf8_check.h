#pragma once

#include <string>

#include "cli/text.h"

namespace hookcast::cli {

// For CLI::Option::check: refuses an argument that is not UTF-8, which no name on the wire may be.
inline auto Utf8Check() {
  return [](const std::string& text) {
    return FirstNonUtf8Byte(text) ? Quoted(text) + " is not UTF-8" : std::string();
  };
}

}  // namespace hookcast::cli
