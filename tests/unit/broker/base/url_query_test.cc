#include "broker/base/url_query.h"

#include <gtest/gtest.h>

#include <string>
#include <vector>

namespace hookcast {
namespace {

using Values = std::vector<std::string>;

TEST(UrlQueryTest, ValuesOfANameComeInOrder) {
  EXPECT_EQ(QueryValues("topic=a&other=x&topic=b&topic=a", "topic"), (Values{"a", "b", "a"}));
  EXPECT_EQ(QueryValues("topic=a", "top"), Values{});
  EXPECT_EQ(QueryValues("", "topic"), Values{});
}

TEST(UrlQueryTest, ValuesAreDecoded) {
  EXPECT_EQ(QueryValues("a=caf%C3%a9+au%20lait%2B", "a"), (Values{"caf\xC3\xA9 au lait+"}));
  EXPECT_EQ(QueryValues("a=%00%ff", "a"), (Values{std::string("\0\xFF", 2)}));
  EXPECT_EQ(QueryValues("a=%2526", "a"), (Values{"%26"}));
}

TEST(UrlQueryTest, NamesAreDecodedToo) {
  EXPECT_EQ(QueryValues("%74opic=a&to+pic=b", "topic"), (Values{"a"}));
  EXPECT_EQ(QueryValues("to+pic=b", "to pic"), (Values{"b"}));
}

TEST(UrlQueryTest, APercentSignWithoutTwoHexDigitsStandsForItself) {
  EXPECT_EQ(QueryValues("a=%&a=%4&a=%zz&a=%4g&a=100%25", "a"),
            (Values{"%", "%4", "%zz", "%4g", "100%"}));
}

TEST(UrlQueryTest, OnlyTheFirstEqualsSignDivides) {
  EXPECT_EQ(QueryValues("a=b=c&a==&a=", "a"), (Values{"b=c", "=", ""}));
}

TEST(UrlQueryTest, PairsWithoutAValueHaveAnEmptyOneAndEmptyPiecesAreNone) {
  EXPECT_EQ(QueryValues("a&&a&b", "a"), (Values{"", ""}));
  EXPECT_EQ(QueryValues("&&", ""), Values{});
  EXPECT_EQ(QueryValues("=x&", ""), (Values{"x"}));
}

TEST(UrlQueryTest, OtherSeparatorsDivideNothing) {
  EXPECT_EQ(QueryValues("a=b;a=c?a=d", "a"), (Values{"b;a=c?a=d"}));
}

}  // namespace
}  // namespace hookcast
