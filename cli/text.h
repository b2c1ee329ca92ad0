#pragma once

#include <cstddef>
#include <optional>
#include <span>
#include <string>
#include <string_view>

namespace hookcast::cli {

// Where text stops being UTF-8 (RFC 3629: nothing overlong, no surrogates, up to U+10FFFF); nullopt
// if it is UTF-8 throughout.
std::optional<size_t> FirstNonUtf8Byte(std::string_view text);

// Makes text safe to write to a terminal, on one line: control characters (C0, DEL, C1), line
// separators, and those that turn the direction of writing become \n, \r, \t, \x1b or \u202e; bytes
// that are not UTF-8 become \xff. All else stays as it is.
std::string Printable(std::string_view text);

// The first so many code points, and "…" where there are more. REQUIRES: UTF-8.
std::string Shortened(std::string_view text, size_t most);

// Printable, at most 500 code points of it.
std::string Shown(std::string_view text);

// Printable, in double quotes, at most 80 code points of it.
std::string Quoted(std::string_view text);

// REQUIRES: UTF-8.
size_t CodePoints(std::string_view text);

// The candidate that text is most likely a slip of; nullopt where none is near.
std::optional<std::string> Nearest(std::string_view text, std::span<const std::string> candidates);

// "1 peer", "2 peers".
std::string Count(unsigned long long number, std::string_view singular);

// Bytes for people: "0 B", "1023 B", "1.0 KiB", "3.4 GiB".
std::string FormatBytes(unsigned long long bytes);

}  // namespace hookcast::cli
