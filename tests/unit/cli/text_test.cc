#include "cli/text.h"

#include <vector>

#include "gtest/gtest.h"

namespace hookcast::cli {
namespace {

TEST(TextTest, AcceptsUtf8AndSaysWhereItEnds) {
  EXPECT_FALSE(FirstNonUtf8Byte(""));
  EXPECT_FALSE(FirstNonUtf8Byte("aä€😀\xF4\x8F\xBF\xBF"));
  EXPECT_EQ(FirstNonUtf8Byte("ab\xFF"), 2u);
  EXPECT_EQ(FirstNonUtf8Byte("\x80"), 0u);
  EXPECT_EQ(FirstNonUtf8Byte("a\xC0\xAF"), 1u) << "overlong, two bytes";
  EXPECT_EQ(FirstNonUtf8Byte("a\xE0\x80\xAF"), 1u) << "overlong, three bytes";
  EXPECT_EQ(FirstNonUtf8Byte("a\xF0\x80\x80\xAF"), 1u) << "overlong, four bytes";
  EXPECT_EQ(FirstNonUtf8Byte("a\xED\xA0\x80"), 1u) << "a surrogate";
  EXPECT_EQ(FirstNonUtf8Byte("a\xF4\x90\x80\x80"), 1u) << "beyond U+10FFFF";
  EXPECT_EQ(FirstNonUtf8Byte("a\xE2\x82"), 1u) << "cut";
  EXPECT_EQ(FirstNonUtf8Byte("a\xE2(\xA1"), 1u) << "no continuation";
}

TEST(TextTest, EscapesWhatATerminalWouldObey) {
  EXPECT_EQ(Printable("a\x1b[31mb\r\n\t\x7f"), "a\\x1b[31mb\\r\\n\\t\\x7f");
  EXPECT_EQ(Printable("\xC2\x9B"), "\\u009b");
  EXPECT_EQ(Printable("\xE2\x80\xAE\xE2\x80\xA8"), "\\u202e\\u2028");
  EXPECT_EQ(Printable("\xFF\xE2\x82"), "\\xff\\xe2\\x82");
  EXPECT_EQ(Printable(std::string_view("\0", 1)), "\\x00");
}

TEST(TextTest, LeavesOrdinaryTextAsItIs) {
  EXPECT_EQ(Printable("/rooms/ä {b} \\ 😀"), "/rooms/ä {b} \\ 😀");
}

TEST(TextTest, ShortensAtACodePoint) {
  EXPECT_EQ(Shortened("äöü", 3), "äöü");
  EXPECT_EQ(Shortened("äöü", 2), "äö…");
  EXPECT_EQ(Shortened("", 2), "");
  EXPECT_EQ(Quoted("a\nb"), "\"a\\nb\"");
  EXPECT_EQ(CodePoints(Quoted(std::string(100, 'x'))), 83u);
}

TEST(TextTest, CountsCodePointsNotBytes) { EXPECT_EQ(CodePoints("aä€😀"), 4u); }

TEST(TextTest, FindsTheNearestName) {
  const std::vector<std::string> names = {"publish", "send", "peers", "peer", "ping"};
  EXPECT_EQ(Nearest("publihs", names), "publish");
  EXPECT_EQ(Nearest("snd", names), "send");
  EXPECT_EQ(Nearest("peer", names), "peer");
  EXPECT_FALSE(Nearest("subscribe", names));
  EXPECT_FALSE(Nearest(std::string(100'000, 'p'), names));
  EXPECT_FALSE(Nearest("x", {}));
}

TEST(TextTest, FormatsCountsAndSizes) {
  EXPECT_EQ(Count(0, "peer"), "0 peers");
  EXPECT_EQ(Count(1, "peer"), "1 peer");
  EXPECT_EQ(FormatBytes(1023), "1023 B");
  EXPECT_EQ(FormatBytes(1024), "1.0 KiB");
  EXPECT_EQ(FormatBytes(1024 * 1024 - 1), "1.0 MiB");
  EXPECT_EQ(FormatBytes(3'650'722'202), "3.4 GiB");
}

}  // namespace
}  // namespace hookcast::cli
