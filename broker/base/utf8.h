#pragma once

#include <string_view>

namespace hookcast {

// Whether all of `text` is UTF-8 as RFC 3629, section 4 has it: no overlong forms, no surrogates,
// nothing past U+10FFFF, no character cut. An empty text is, and one with NUL in it.
bool IsUtf8(std::string_view text);

}  // namespace hookcast
