#pragma once

#include <string>
#include <string_view>

namespace hookcast::testing {

enum class Utf8Verdict {
  kValid,
  kCut,      // valid up to a last character, which some further bytes could make valid
  kInvalid,  // whatever follows
};

// A slow judge of UTF-8. It decodes each character by the table of RFC 3629, section 3, and looks
// at the number that comes out, where the product has an automaton over bytes.
Utf8Verdict JudgeUtf8(std::string_view bytes);

// The character in UTF-8 by the same table, also where UTF-8 forbids it. REQUIRES: below 0x200000.
std::string EncodeUtf8(char32_t character);

}  // namespace hookcast::testing
