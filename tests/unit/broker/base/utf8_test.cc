#include "broker/base/utf8.h"

#include <gtest/gtest.h>

#include <random>
#include <string>

#include "tests/unit/broker/base/reference_utf8.h"

namespace hookcast {
namespace {

using testing::EncodeUtf8;
using testing::JudgeUtf8;
using testing::Utf8Verdict;

static_assert(sizeof(Utf8Validator) <= 8);

// The validator's answer, which must not depend on how the bytes are cut.
Utf8Verdict Judged(std::string_view bytes) {
  const auto verdict = [](bool fed, const Utf8Validator& validator) {
    if (!fed) return Utf8Verdict::kInvalid;
    return validator.complete() ? Utf8Verdict::kValid : Utf8Verdict::kCut;
  };
  Utf8Validator at_once;
  const bool fed = at_once.Feed(bytes);
  const Utf8Verdict whole = verdict(fed, at_once);
  Utf8Validator singly;
  bool good = true;
  for (size_t i = 0; i < bytes.size(); ++i) good = singly.Feed(bytes.substr(i, 1));
  EXPECT_EQ(verdict(good, singly), whole);
  EXPECT_EQ(IsValidUtf8(bytes), whole == Utf8Verdict::kValid);
  return whole;
}

TEST(Utf8Test, AnswersTheTableOfTheStandard) {
  struct Case {
    std::string_view bytes;
    Utf8Verdict verdict;
    std::string_view what;
  };
  const Case cases[] = {
      {"", Utf8Verdict::kValid, "nothing"},
      {std::string_view("\0", 1), Utf8Verdict::kValid, "NUL"},
      {"\x7F", Utf8Verdict::kValid, "last of one byte"},
      {"\xC2\x80", Utf8Verdict::kValid, "first of two bytes"},
      {"\xDF\xBF", Utf8Verdict::kValid, "last of two bytes"},
      {"\xE0\xA0\x80", Utf8Verdict::kValid, "first of three bytes"},
      {"\xED\x9F\xBF", Utf8Verdict::kValid, "last before the surrogates"},
      {"\xEE\x80\x80", Utf8Verdict::kValid, "first after the surrogates"},
      {"\xEF\xBF\xBF", Utf8Verdict::kValid, "last of three bytes"},
      {"\xEF\xBB\xBFx", Utf8Verdict::kValid, "byte order mark"},
      {"\xF0\x90\x80\x80", Utf8Verdict::kValid, "first of four bytes"},
      {"\xF4\x8F\xBF\xBF", Utf8Verdict::kValid, "last of all"},
      {"\x80", Utf8Verdict::kInvalid, "tail without a head"},
      {"\xBF", Utf8Verdict::kInvalid, "tail without a head"},
      {"\xC0\x80", Utf8Verdict::kInvalid, "overlong NUL"},
      {"\xC0", Utf8Verdict::kInvalid, "overlong: no tail makes it valid"},
      {"\xC1\xBF", Utf8Verdict::kInvalid, "overlong of two"},
      {"\xE0\x9F", Utf8Verdict::kInvalid, "overlong of three"},
      {"\xE0", Utf8Verdict::kCut, "cut"},
      {"\xED\xA0", Utf8Verdict::kInvalid, "first surrogate"},
      {"\xED\xBF\xBF", Utf8Verdict::kInvalid, "last surrogate"},
      {"\xF0\x8F", Utf8Verdict::kInvalid, "overlong of four"},
      {"\xF4\x90", Utf8Verdict::kInvalid, "past U+10FFFF"},
      {"\xF5", Utf8Verdict::kInvalid, "past U+10FFFF"},
      {"\xF8\x88\x80\x80\x80", Utf8Verdict::kInvalid, "five bytes"},
      {"\xFE", Utf8Verdict::kInvalid, "no such byte"},
      {"\xFF", Utf8Verdict::kInvalid, "no such byte"},
      {"\xC3", Utf8Verdict::kCut, "cut after one of two"},
      {"\xE2\x82", Utf8Verdict::kCut, "cut after two of three"},
      {"\xF0\x9F\x8C", Utf8Verdict::kCut, "cut after three of four"},
      {"\xC3\x28", Utf8Verdict::kInvalid, "ASCII for a tail"},
      {"\xE2\x28", Utf8Verdict::kInvalid, "ASCII for a tail"},
      {"\xE2\x82\xC3", Utf8Verdict::kInvalid, "head for a tail"},
      {"\xF0\x9F\x8C\x28", Utf8Verdict::kInvalid, "ASCII for a tail"},
  };
  for (const Case& c : cases) {
    EXPECT_EQ(Judged(c.bytes), c.verdict) << c.what;
    EXPECT_EQ(JudgeUtf8(c.bytes), c.verdict) << "the reference: " << c.what;
    // The same behind and in front of stretches that the fast paths take.
    for (const size_t before : {1, 7, 8, 31, 32, 33, 63, 100}) {
      const std::string ascii(before, 'a');
      EXPECT_EQ(Judged(ascii + std::string(c.bytes)), c.verdict) << c.what << ' ' << before;
      if (c.verdict != Utf8Verdict::kCut) {
        EXPECT_EQ(Judged(std::string(c.bytes) + ascii), c.verdict) << c.what << ' ' << before;
      }
    }
  }
}

TEST(Utf8Test, TakesEachCharacterAndNoSurrogate) {
  for (char32_t character = 0; character < 0x112000; ++character) {
    const bool valid = character <= 0x10FFFF && !(character >= 0xD800 && character <= 0xDFFF);
    ASSERT_EQ(IsValidUtf8(EncodeUtf8(character)), valid) << static_cast<uint32_t>(character);
  }
}

TEST(Utf8Test, AgreesWithTheReferenceOnEachPairAndOnBoundaryBytes) {
  const std::string boundary =
      "\x01\x41\x7F\x80\x8F\x90\x9F\xA0\xBF\xC0\xC1\xC2\xDF\xE0\xE1\xEC\xED\xEE\xEF\xF0\xF1\xF3\xF4"
      "\xF5\xF8\xFF";
  for (int a = 0; a < 256; ++a) {
    for (int b = 0; b < 256; ++b) {
      std::string bytes = {static_cast<char>(a), static_cast<char>(b)};
      ASSERT_EQ(Judged(bytes), JudgeUtf8(bytes)) << a << ' ' << b;
      if (a < 0xC0 || (b & 0x0F) % 15 != 0) continue;
      for (const char c : boundary) {
        ASSERT_EQ(Judged(bytes + c), JudgeUtf8(bytes + c)) << a << ' ' << b;
        for (const char d : boundary) {
          ASSERT_EQ(Judged(bytes + c + d), JudgeUtf8(bytes + c + d)) << a << ' ' << b;
        }
      }
    }
  }
}

TEST(Utf8Test, TextMayBeCutAnywhere) {
  std::mt19937 random(3);
  for (int round = 0; round < 500; ++round) {
    std::string text;
    while (text.size() < 120) {
      const char32_t limit = std::array<char32_t, 4>{0x80, 0x800, 0xD800, 0x110000}[random() % 4];
      const char32_t character = random() % limit;
      if (character >= 0xD800 && character <= 0xDFFF) continue;
      text += EncodeUtf8(character);
    }
    if (round % 2 == 1) text[random() % text.size()] = static_cast<char>(random());
    const Utf8Verdict expected = JudgeUtf8(text);
    for (size_t cut = 0; cut <= text.size(); ++cut) {
      Utf8Validator validator;
      const bool good = validator.Feed(std::string_view(text).substr(0, cut)) &&
                        validator.Feed(std::string_view(text).substr(cut));
      ASSERT_EQ(good, expected != Utf8Verdict::kInvalid);
      ASSERT_EQ(validator.complete(), expected == Utf8Verdict::kValid);
    }
  }
}

TEST(Utf8Test, FailsWithTheFirstByteThatNothingCanFollow) {
  Utf8Validator validator;
  EXPECT_TRUE(validator.Feed("abc\xF4"));
  EXPECT_FALSE(validator.complete());
  EXPECT_FALSE(validator.Feed("\x90"));
  EXPECT_FALSE(validator.complete());
}

TEST(Utf8Test, AFailureStaysUntilReset) {
  Utf8Validator validator;
  EXPECT_FALSE(validator.Feed("\xFF"));
  EXPECT_FALSE(validator.Feed("a"));
  EXPECT_FALSE(validator.Feed(""));
  EXPECT_FALSE(validator.complete());
  validator.Reset();
  EXPECT_TRUE(validator.complete());
  EXPECT_TRUE(validator.Feed("a"));
}

}  // namespace
}  // namespace hookcast
