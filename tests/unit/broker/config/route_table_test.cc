#include "broker/config/route_table.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <algorithm>
#include <chrono>
#include <random>

#include "absl/strings/str_cat.h"

namespace hookcast::config {
namespace {

using ::testing::ElementsAre;
using ::testing::IsEmpty;
using ::testing::Pair;

std::vector<Route> Routes(const std::vector<std::string>& paths) {
  std::vector<Route> routes;
  for (const std::string& path : paths) routes.emplace_back().path = path;
  return routes;
}

std::string Found(const RouteTable& table, std::string_view path) {
  const Route* route = table.Match(path, nullptr);
  return route == nullptr ? "none" : route->path;
}

TEST(RouteTableTest, ExactGoesBeforeParameterBeforeStarWhateverTheOrder) {
  std::vector<std::string> paths{"/*", "/rooms/{room}", "/rooms/lobby", "/rooms/*", "/rooms/l*"};
  std::sort(paths.begin(), paths.end());
  do {
    const RouteTable table(Routes(paths));
    EXPECT_EQ(Found(table, "/rooms/lobby"), "/rooms/lobby");
    EXPECT_EQ(Found(table, "/rooms/lob"), "/rooms/{room}");
    EXPECT_EQ(Found(table, "/rooms/lob/x"), "/rooms/l*");
    EXPECT_EQ(Found(table, "/rooms/a/b"), "/rooms/*");
    EXPECT_EQ(Found(table, "/rooms/"), "/rooms/*");
    EXPECT_EQ(Found(table, "/rooms"), "/*");
    EXPECT_EQ(Found(table, "/"), "/*");
  } while (std::next_permutation(paths.begin(), paths.end()));
}

TEST(RouteTableTest, TakesAnotherWayWhereTheMoreSpecificOneEnds) {
  const RouteTable table(Routes({"/a/b/c", "/a/{x}/d", "/{y}/b/e", "/a/b/*"}));
  Params params;
  EXPECT_EQ(table.Match("/a/b/d", &params)->path, "/a/b/*");
  EXPECT_THAT(params, IsEmpty());
  EXPECT_EQ(table.Match("/a/z/d", &params)->path, "/a/{x}/d");
  EXPECT_THAT(params, ElementsAre(Pair("x", "z")));
  EXPECT_EQ(table.Match("/z/b/e", &params)->path, "/{y}/b/e");
  EXPECT_THAT(params, ElementsAre(Pair("y", "z")));
}

TEST(RouteTableTest, APathWithoutARouteFindsNothingAndEmptiesTheParameters) {
  const RouteTable table(Routes({"/a", "/b/{x}"}));
  Params params{{"left", "over"}};
  for (const char* path : {"", "*", "a", "/", "/a/", "/A", "/b", "/b/", "/b/1/2", "/%61"}) {
    EXPECT_EQ(table.Match(path, &params), nullptr) << path;
    EXPECT_THAT(params, IsEmpty());
  }
}

TEST(RouteTableTest, AnEmptyTableFindsNothing) { EXPECT_EQ(Found(RouteTable({}), "/"), "none"); }

TEST(RouteTableTest, OfEqualRoutesTheFirstCountsAndAWrongPathMatchesNothing) {
  std::vector<Route> routes = Routes({"nowhere", "/a/{x}", "/a/{y}", "/b", "/b", "/c/*", "/c/*"});
  const RouteTable table(routes);
  EXPECT_EQ(table.Match("/a/1", nullptr), &table.routes()[1]);
  EXPECT_EQ(table.Match("/b", nullptr), &table.routes()[3]);
  EXPECT_EQ(table.Match("/c/1", nullptr), &table.routes()[5]);
  EXPECT_EQ(table.Match("nowhere", nullptr), nullptr);
}

// What the table's tree must agree with: the most specific of all patterns that match.
std::string Slow(const std::vector<std::string>& paths, std::string_view path) {
  const PathPattern* best = nullptr;
  std::vector<PathPattern> patterns;
  patterns.reserve(paths.size());
  for (const std::string& text : paths) patterns.push_back(PathPattern::Parse(text).value());
  for (const PathPattern& pattern : patterns) {
    if (!pattern.Match(path, nullptr)) continue;
    if (best == nullptr || pattern.MoreSpecificThan(*best)) best = &pattern;
  }
  return best == nullptr ? "none" : best->text();
}

TEST(RouteTableTest, AgreesWithTryingEveryPattern) {
  std::mt19937 random(7);
  const auto pick = [&](std::vector<std::string> of) { return of[random() % of.size()]; };
  for (int round = 0; round < 300; ++round) {
    std::vector<std::string> paths;
    for (int i = 0; i < 8; ++i) {
      std::string path;
      const int segments = 1 + static_cast<int>(random() % 4);
      for (int s = 0; s < segments; ++s) {
        absl::StrAppend(&path, "/", pick({"a", "b", "ab", "", absl::StrCat("{p", s, "}")}));
      }
      if (random() % 3 == 0) path += pick({"/*", "/a*", "/ab*"});
      paths.push_back(path);
    }
    const RouteTable table(Routes(paths));
    for (int i = 0; i < 30; ++i) {
      std::string path;
      const int segments = 1 + static_cast<int>(random() % 5);
      for (int s = 0; s < segments; ++s)
        absl::StrAppend(&path, "/", pick({"a", "b", "ab", "abc", ""}));
      ASSERT_EQ(Found(table, path), Slow(paths, path)) << path;
    }
  }
}

TEST(RouteTableTest, FiveThousandRoutesAreEachFound) {
  std::vector<std::string> paths;
  paths.reserve(5000);
  for (int i = 0; i < 5000; ++i) {
    paths.push_back(i % 2 == 0 ? absl::StrCat("/exact/", i)
                               : absl::StrCat("/", i, "/{a}/x", i, "/{b}"));
  }
  const RouteTable table(Routes(paths));
  Params params;
  for (int i = 0; i < 5000; ++i) {
    const std::string path = i % 2 == 0 ? paths[i] : absl::StrCat("/", i, "/one/x", i, "/two");
    const Route* route = table.Match(path, &params);
    ASSERT_EQ(route, &table.routes()[i]) << path;
    if (i % 2 == 0) continue;
    ASSERT_THAT(params, ElementsAre(Pair("a", "one"), Pair("b", "two")));
  }
  EXPECT_EQ(Found(table, "/exact/5000"), "none");
  EXPECT_EQ(Found(table, "/4999/one/x4998/two"), "none");
}

}  // namespace
}  // namespace hookcast::config
