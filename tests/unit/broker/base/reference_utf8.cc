#include "tests/unit/broker/base/reference_utf8.h"

#include <cstddef>
#include <cstdint>

namespace hookcast::testing {
namespace {

// Whether some character in [first, last] is one whose shortest form has so many bytes, and that
// UTF-8 allows.
bool AnyAllowed(uint32_t first, uint32_t last, size_t length) {
  struct Range {
    size_t length;
    uint32_t first;
    uint32_t last;
  };
  constexpr Range kAllowed[] = {{1, 0x0000, 0x007F},
                                {2, 0x0080, 0x07FF},
                                {3, 0x0800, 0xD7FF},
                                {3, 0xE000, 0xFFFF},
                                {4, 0x10000, 0x10FFFF}};
  for (const Range& range : kAllowed) {
    if (range.length == length && first <= range.last && last >= range.first) return true;
  }
  return false;
}

}  // namespace

Utf8Verdict JudgeUtf8(std::string_view bytes) {
  size_t at = 0;
  while (at < bytes.size()) {
    const auto first = static_cast<uint8_t>(bytes[at]);
    size_t length = 0;
    uint32_t value = 0;
    if ((first & 0x80) == 0) {  // 0xxxxxxx
      length = 1;
      value = first;
    } else if ((first & 0xE0) == 0xC0) {  // 110xxxxx
      length = 2;
      value = first & 0x1F;
    } else if ((first & 0xF0) == 0xE0) {  // 1110xxxx
      length = 3;
      value = first & 0x0F;
    } else if ((first & 0xF8) == 0xF0) {  // 11110xxx
      length = 4;
      value = first & 0x07;
    } else {
      return Utf8Verdict::kInvalid;
    }
    size_t read = 1;
    for (; read < length && at + read < bytes.size(); ++read) {
      const auto next = static_cast<uint8_t>(bytes[at + read]);
      if ((next & 0xC0) != 0x80) return Utf8Verdict::kInvalid;  // 10xxxxxx
      value = value << 6 | (next & 0x3F);
    }
    const size_t unknown_bits = 6 * (length - read);
    const uint32_t smallest = value << unknown_bits;
    const uint32_t largest = smallest | ((uint32_t{1} << unknown_bits) - 1);
    if (!AnyAllowed(smallest, largest, length)) return Utf8Verdict::kInvalid;
    if (read < length) return Utf8Verdict::kCut;
    at += length;
  }
  return Utf8Verdict::kValid;
}

std::string EncodeUtf8(char32_t character) {
  const auto tail = [&](int shift) {
    return static_cast<char>(0x80 | (character >> shift & 0x3F));
  };
  if (character < 0x80) return {static_cast<char>(character)};
  if (character < 0x800) return {static_cast<char>(0xC0 | character >> 6), tail(0)};
  if (character < 0x10000) return {static_cast<char>(0xE0 | character >> 12), tail(6), tail(0)};
  return {static_cast<char>(0xF0 | character >> 18), tail(12), tail(6), tail(0)};
}

}  // namespace hookcast::testing
