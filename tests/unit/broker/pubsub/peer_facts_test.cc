#include "broker/pubsub/peer_facts.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

namespace hookcast::pubsub {
namespace {

using testing::ElementsAre;
using testing::IsEmpty;
using testing::Pair;

std::vector<std::pair<std::string, std::string>> LinesOf(const HeaderBlock& headers) {
  std::vector<std::pair<std::string, std::string>> lines;
  headers.ForEach(
      [&](std::string_view name, std::string_view value) { lines.emplace_back(name, value); });
  return lines;
}

TEST(HeaderBlock, KeepsLinesInTheirOrderRepeatedOnesToo) {
  HeaderBlock headers;
  headers.Add("Cookie", "a=1");
  headers.Add("X-Empty", "");
  headers.Add("cookie", "b=2");
  headers.ShrinkToFit();
  EXPECT_THAT(LinesOf(headers),
              ElementsAre(Pair("Cookie", "a=1"), Pair("X-Empty", ""), Pair("cookie", "b=2")));
}

TEST(HeaderBlock, AnEmptyOneHasNoLines) { EXPECT_THAT(LinesOf(HeaderBlock()), IsEmpty()); }

TEST(HeaderBlock, BytesPastAsciiAndSeparatorsStayInTheirValue) {
  HeaderBlock headers;
  headers.Add("X-Odd", "\xff : a\tb\r\nc");
  headers.Add("X-Long", std::string(70000, 'v'));
  EXPECT_THAT(LinesOf(headers), ElementsAre(Pair("X-Odd", "\xff : a\tb\r\nc"),
                                            Pair("X-Long", std::string(70000, 'v'))));
}

TEST(PeerFacts, PathAndQueryAreTheTargetCutAtItsFirstQuestionMark) {
  const struct {
    const char* target;
    const char* path;
    const char* query;
  } cases[] = {
      {"/rooms/a", "/rooms/a", ""},
      {"/rooms/a?", "/rooms/a", ""},
      {"/rooms/a?x=1&y=2", "/rooms/a", "x=1&y=2"},
      {"/a?x=?&y=/b", "/a", "x=?&y=/b"},
      {"/%3Fa%2F?%20", "/%3Fa%2F", "%20"},
      {"?x", "", "x"},
      {"", "", ""},
      {"/", "/", ""},
  };
  for (const auto& c : cases) {
    PeerFacts facts;
    facts.target = c.target;
    EXPECT_EQ(facts.path(), c.path) << c.target;
    EXPECT_EQ(facts.query(), c.query) << c.target;
  }
}

}  // namespace
}  // namespace hookcast::pubsub
