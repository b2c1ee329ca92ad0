#include "broker/config/quote.h"

#include <gtest/gtest.h>

namespace hookcast::config {
namespace {

TEST(QuoteTest, KeepsPlainTextAndLettersOfOtherScripts) {
  EXPECT_EQ(Quote("debug"), "\"debug\"");
  EXPECT_EQ(Quote("caf\xc3\xa9 \xe2\x82\xac \xf0\x9f\x98\x80"),
            "\"caf\xc3\xa9 \xe2\x82\xac \xf0\x9f\x98\x80\"");
}

TEST(QuoteTest, EscapesWhatWouldBreakALineOrMoveACursor) {
  EXPECT_EQ(PlainText("a\nb\tc\x1b[2J\x7f"), "a\\nb\\tc\\x1b[2J\\x7f");
  EXPECT_EQ(PlainText("\xc2\x9b"
                      "2J"),
            "\\x9b2J");
}

TEST(QuoteTest, EscapesBytesThatAreNotUtf8) {
  EXPECT_EQ(PlainText("a\xff"), "a\\xff");
  EXPECT_EQ(PlainText("\xc3"), "\\xc3");
  EXPECT_EQ(PlainText("\xc0\x80"), "\\xc0\\x80");
}

TEST(QuoteTest, CutsLongTextBetweenCharacters) {
  EXPECT_EQ(PlainText(std::string(80, 'x')), std::string(80, 'x'));
  EXPECT_EQ(PlainText(std::string(81, 'x')), std::string(80, 'x') + "...");
  EXPECT_EQ(PlainText(std::string(79, 'x') + "\xc3\xa9"), std::string(79, 'x') + "...");
}

TEST(QuoteTest, HidesThePasswordOfAUrl) {
  EXPECT_EQ(Quote("http://u:secret@host:1"), "\"http://u:***@host:1\"");
}

TEST(QuoteTest, FindsTheFirstByteThatIsNotUtf8) {
  EXPECT_EQ(FindInvalidUtf8("plain \xc3\xa9 \xf4\x8f\xbf\xbf"), std::nullopt);
  EXPECT_EQ(FindInvalidUtf8("ab\x80"), 2u);
  EXPECT_EQ(FindInvalidUtf8("\xed\xa0\x80"), 0u);      // a surrogate
  EXPECT_EQ(FindInvalidUtf8("\xe0\x80\xaf"), 0u);      // overlong
  EXPECT_EQ(FindInvalidUtf8("\xf4\x90\x80\x80"), 0u);  // above U+10FFFF
  EXPECT_EQ(FindInvalidUtf8("\xf5\x80\x80\x80"), 0u);
  EXPECT_EQ(FindInvalidUtf8("x\xe2\x82"), 1u);  // cut
}

}  // namespace
}  // namespace hookcast::config
