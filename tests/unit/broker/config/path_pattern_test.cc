#include "broker/config/path_pattern.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <algorithm>

namespace hookcast::config {
namespace {

using ::testing::ElementsAre;
using ::testing::Pair;

PathPattern Pattern(std::string_view text) { return PathPattern::Parse(text).value(); }

std::string ErrorOf(std::string_view text) {
  return std::string(PathPattern::Parse(text).status().message());
}

bool Matches(std::string_view pattern, std::string_view path) {
  return Pattern(pattern).Match(path, nullptr);
}

TEST(PathPatternTest, AnExactPathMatchesItselfOnly) {
  EXPECT_TRUE(Matches("/chat", "/chat"));
  for (const char* path : {"/chat/", "/chat/a", "/Chat", "/cha", "chat", "//chat", "/", ""}) {
    EXPECT_FALSE(Matches("/chat", path)) << path;
  }
  EXPECT_TRUE(Matches("/", "/"));
  EXPECT_TRUE(Matches("/a/", "/a/"));
  EXPECT_FALSE(Matches("/a/", "/a"));
  EXPECT_TRUE(Matches("/a//b", "/a//b"));
  EXPECT_FALSE(Matches("/a//b", "/a/b"));
}

TEST(PathPatternTest, PathsAreComparedUndecoded) {
  EXPECT_FALSE(Matches("/a", "/%61"));
  EXPECT_TRUE(Matches("/caf%C3%A9", "/caf%C3%A9"));
  EXPECT_FALSE(Matches("/caf%C3%A9", "/caf%c3%a9"));
}

TEST(PathPatternTest, AParameterMatchesOneSegmentThatIsNotEmpty) {
  Params params;
  EXPECT_TRUE(Pattern("/rooms/{room}").Match("/rooms/a%2Fb", &params));
  EXPECT_THAT(params, ElementsAre(Pair("room", "a%2Fb")));
  for (const char* path : {"/rooms/", "/rooms", "/rooms/a/", "/rooms/a/b", "/rooms//a"}) {
    EXPECT_FALSE(Matches("/rooms/{room}", path)) << path;
  }
}

TEST(PathPatternTest, ParametersComeInTheOrderOfThePath) {
  Params params{{"left", "over"}};
  EXPECT_TRUE(Pattern("/{z}/x/{a}/*").Match("/1/x/2/3/4", &params));
  EXPECT_THAT(params, ElementsAre(Pair("z", "1"), Pair("a", "2")));
  EXPECT_THAT(Pattern("/{z}/x/{a}/*").param_names(), ElementsAre("z", "a"));
}

TEST(PathPatternTest, ParametersStayAsTheyAreWhereThePathDoesNotMatch) {
  Params params{{"left", "over"}};
  EXPECT_FALSE(Pattern("/{z}/x").Match("/1/y", &params));
  EXPECT_THAT(params, ElementsAre(Pair("left", "over")));
}

TEST(PathPatternTest, AStarMatchesAnyRestAndNone) {
  for (const char* path : {"/a/", "/a/b", "/a/b/c", "/a//"}) {
    EXPECT_TRUE(Matches("/a/*", path)) << path;
  }
  EXPECT_FALSE(Matches("/a/*", "/a"));
  EXPECT_FALSE(Matches("/a/*", "/ab"));
  for (const char* path : {"/a", "/ab", "/a/b"}) EXPECT_TRUE(Matches("/a*", path)) << path;
  EXPECT_FALSE(Matches("/a*", "/b"));
  EXPECT_TRUE(Matches("/*", "/"));
  EXPECT_FALSE(Matches("/*", "*"));
}

TEST(PathPatternTest, OnlyPatternsOfLiteralSegmentsAreExact) {
  EXPECT_TRUE(Pattern("/a/b/").IsExact());
  EXPECT_FALSE(Pattern("/a/{b}").IsExact());
  EXPECT_FALSE(Pattern("/a*").IsExact());
}

TEST(PathPatternTest, SegmentBySegmentLiteralsGoBeforeParametersAndThoseBeforeStars) {
  // Each is more specific than all that follow it.
  const std::vector<std::string> order{"/a/b/c", "/a/b/{x}", "/a/b/*", "/a/{x}/c", "/a/{x}/*",
                                       "/a/bc*", "/a/b*",    "/a/*",   "/{x}/b",   "/*"};
  for (size_t i = 0; i < order.size(); ++i) {
    for (size_t j = 0; j < order.size(); ++j) {
      EXPECT_EQ(Pattern(order[i]).MoreSpecificThan(Pattern(order[j])), i < j)
          << order[i] << " " << order[j];
    }
  }
}

TEST(PathPatternTest, PatternsThatDifferInNamesOnlyAreEquallySpecific) {
  EXPECT_FALSE(Pattern("/a/{x}").MoreSpecificThan(Pattern("/a/{y}")));
  EXPECT_FALSE(Pattern("/a/{y}").MoreSpecificThan(Pattern("/a/{x}")));
}

TEST(PathPatternTest, AWrongPatternIsToldWhatWouldBeRight) {
  EXPECT_EQ(ErrorOf(""), "\"\" does not begin with '/'; write a path such as /chat");
  EXPECT_EQ(ErrorOf("chat"), "\"chat\" does not begin with '/'; write a path such as /chat");
  EXPECT_EQ(ErrorOf("/a?b=1"),
            "\"/a?b=1\" holds a '?'; write the path alone, without query and fragment");
  EXPECT_EQ(ErrorOf("/a#b"),
            "\"/a#b\" holds a '#'; write the path alone, without query and fragment");
  const std::string encode =
      " holds a character that clients send percent-encoded; write it so, such as /caf%C3%A9";
  EXPECT_EQ(ErrorOf("/a b"), "\"/a b\"" + encode);
  EXPECT_EQ(ErrorOf("/caf\xc3\xa9"), "\"/caf\xc3\xa9\"" + encode);
  EXPECT_EQ(ErrorOf("/a\n"), "\"/a\\n\"" + encode);
  EXPECT_EQ(ErrorOf("/*/a"),
            "\"/*/a\" holds a '*' that is not at its end; write {name} for one segment, or end the "
            "path with '*'");
  for (const char* bad : {"x{id}", "{id}x", "{id", "id}", "{a}{b}", "{{a}}", "{id}*"}) {
    EXPECT_EQ(ErrorOf("/r/" + std::string(bad)),
              "\"/r/" + std::string(bad) + "\" holds \"" + bad +
                  "\"; a parameter is a whole segment, such as /rooms/{room}");
  }
  for (const char* bad : {"", "1a", "a-b", "a.b"}) {
    EXPECT_EQ(ErrorOf("/{" + std::string(bad) + "}"),
              "\"/{" + std::string(bad) + "}\" names a parameter \"" + bad +
                  "\"; write letters, digits and '_', and no digit first");
  }
  EXPECT_EQ(ErrorOf("/{path}"),
            "\"/{path}\" names a parameter \"path\", which in templates means the whole path; "
            "choose another name");
  EXPECT_EQ(ErrorOf("/{a}/{a}"),
            "\"/{a}/{a}\" names the parameter {a} twice; give each its own name");
}

TEST(PathPatternTest, ThePathHasAtMost1024Bytes) {
  EXPECT_TRUE(PathPattern::Parse("/" + std::string(1023, 'a')).ok());
  EXPECT_EQ(ErrorOf("/" + std::string(1024, 'a')),
            "the path has 1025 bytes; it may have at most 1024");
}

TEST(PathPatternTest, AHostilePathOfManySegmentsIsMatchedInTime) {
  EXPECT_FALSE(Matches("/{a}/{b}/{c}", std::string(1'000'000, '/')));
}

TEST(TemplateTest, NamesAreReplacedByValues) {
  const Params params{{"room", "a"}, {"user", "b"}};
  EXPECT_EQ(ExpandTemplate("r-{room}.{user}{room}", params, "/x"), "r-a.ba");
  EXPECT_EQ(ExpandTemplate("ns:{path}", params, "/x/y"), "ns:/x/y");
  EXPECT_EQ(ExpandTemplate("plain", params, "/x"), "plain");
  EXPECT_EQ(ExpandTemplate("", params, "/x"), "");
}

TEST(TemplateTest, BracesInValuesAreNotExpandedAgain) {
  EXPECT_EQ(ExpandTemplate("{a}{b}", {{"a", "{b}"}, {"b", "{path}"}}, "/p"), "{b}{path}");
}

TEST(TemplateTest, WhatACheckWouldRefuseIsLeftAsWritten) {
  EXPECT_EQ(ExpandTemplate("x{no}y", {}, "/p"), "x{no}y");
  EXPECT_EQ(ExpandTemplate("{path}{a", {}, "/p"), "/p{a");
  EXPECT_EQ(ExpandTemplate("}{path}", {}, "/p"), "}{path}");
}

TEST(TemplateTest, ATemplateMayNameItsPathsParametersAndThePath) {
  EXPECT_TRUE(CheckTemplate("{a}-{path}-{b}", {"a", "b"}).ok());
  EXPECT_TRUE(CheckTemplate("", {}).ok());
}

TEST(TemplateTest, AnUnknownNameIsToldWhichOnesThereAre) {
  EXPECT_EQ(CheckTemplate("x{c}", {"a", "b"}).message(),
            "\"x{c}\" names {c}, which the path does not have; it may name {a}, {b}, {path}");
  EXPECT_EQ(CheckTemplate("{}", {}).message(),
            "\"{}\" names {}, which the path does not have; it may name {path}");
}

TEST(TemplateTest, ABraceWithoutItsPairIsRefused) {
  EXPECT_EQ(CheckTemplate("a{b", {"b"}).message(),
            "\"a{b\" has a brace without its pair at \"{b\"; write {name}");
  EXPECT_EQ(CheckTemplate("a}b", {"b"}).message(),
            "\"a}b\" has a brace without its pair at \"}b\"; write {name}");
  EXPECT_FALSE(CheckTemplate("{{b}}", {"b"}).ok());
}

}  // namespace
}  // namespace hookcast::config
