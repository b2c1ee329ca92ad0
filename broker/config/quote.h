#pragma once

#include <cstddef>
#include <optional>
#include <string>
#include <string_view>

namespace hookcast::config {

// Text from outside, fit for one line of a message: cut at 80 bytes, control characters and bytes
// that are not UTF-8 escaped, passwords of URLs hidden. Quote puts it in double quotes.
std::string Quote(std::string_view text);
std::string PlainText(std::string_view text);

// Where the first byte of `text` stands that is not UTF-8; nullopt where all are.
std::optional<size_t> FindInvalidUtf8(std::string_view text);

}  // namespace hookcast::config
