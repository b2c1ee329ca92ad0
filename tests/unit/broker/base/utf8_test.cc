#include "broker/base/utf8.h"

#include <gtest/gtest.h>

#include <string>

namespace hookcast {
namespace {

// RFC 3629's table, applied without a thought for what the number is allowed to be.
std::string Encode(uint32_t code, int bytes) {
  const auto tail = [&](int shift) { return static_cast<char>(0x80 | (code >> shift & 0x3F)); };
  switch (bytes) {
    case 1:
      return {static_cast<char>(code)};
    case 2:
      return {static_cast<char>(0xC0 | code >> 6), tail(0)};
    case 3:
      return {static_cast<char>(0xE0 | code >> 12), tail(6), tail(0)};
    default:
      return {static_cast<char>(0xF0 | code >> 18), tail(12), tail(6), tail(0)};
  }
}

int ShortestFor(uint32_t code) {
  return code < 0x80 ? 1 : code < 0x800 ? 2 : code < 0x10000 ? 3 : 4;
}

TEST(Utf8, AcceptsEveryScalarValueInItsShortestFormAlone) {
  for (uint32_t code = 0; code < 0x200000; ++code) {
    const bool scalar = code <= 0x10FFFF && !(code >= 0xD800 && code <= 0xDFFF);
    const int shortest = ShortestFor(code);
    ASSERT_EQ(IsUtf8(Encode(code, shortest)), scalar) << std::hex << code;
    for (int bytes = shortest + 1; bytes <= 4; ++bytes) {
      ASSERT_FALSE(IsUtf8(Encode(code, bytes))) << std::hex << code << " in " << bytes;
    }
  }
}

TEST(Utf8, RefusesACharacterThatIsCut) {
  for (const uint32_t code : {0xE4U, 0x20ACU, 0x1F600U}) {
    const std::string whole = Encode(code, ShortestFor(code));
    for (size_t size = 1; size < whole.size(); ++size) {
      EXPECT_FALSE(IsUtf8(whole.substr(0, size)));
      EXPECT_FALSE(IsUtf8(whole.substr(0, size) + "a"));
      EXPECT_FALSE(IsUtf8(whole.substr(size)));
    }
    EXPECT_TRUE(IsUtf8(whole + whole));
  }
}

TEST(Utf8, FindsABadByteAtAnyPlaceInALongText) {
  for (size_t size = 1; size < 40; ++size) {
    const std::string good(size, 'a');
    EXPECT_TRUE(IsUtf8(good));
    for (size_t i = 0; i < size; ++i) {
      for (const char bad : {'\x80', '\xbf', '\xc0', '\xc1', '\xf5', '\xff'}) {
        std::string text = good;
        text[i] = bad;
        EXPECT_FALSE(IsUtf8(text)) << size << " " << i;
      }
      std::string text = good;
      text.insert(i, "\xe2\x82\xac");
      EXPECT_TRUE(IsUtf8(text)) << size << " " << i;
    }
  }
}

TEST(Utf8, NothingAtAllAndNulAreFine) {
  EXPECT_TRUE(IsUtf8(std::string_view()));
  EXPECT_TRUE(IsUtf8(std::string_view("\0a\0", 3)));
}

}  // namespace
}  // namespace hookcast
