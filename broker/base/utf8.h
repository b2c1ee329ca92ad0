#pragma once

#include <cstdint>
#include <string_view>

namespace hookcast {

// Whether bytes that come in pieces are UTF-8 (RFC 3629, section 4: no overlong forms, no
// surrogates, nothing past U+10FFFF). A character may be cut between two pieces.
class Utf8Validator {
 public:
  Utf8Validator();

  // False as soon as no continuation could make what was fed valid; from then on every call returns
  // false, until Reset.
  bool Feed(std::string_view bytes);

  // What was fed so far is valid as it stands: it does not end within a character.
  bool complete() const;

  void Reset() { *this = Utf8Validator(); }

 private:
  uint8_t state_;
};

// The same for bytes that are all there.
bool IsValidUtf8(std::string_view bytes);

}  // namespace hookcast
