#include "broker/config/history_rules.h"

#include <gtest/gtest.h>

#include <chrono>
#include <string>
#include <utility>
#include <vector>

#include "absl/strings/str_cat.h"
#include "broker/config/name_pattern.h"

namespace hookcast::config {
namespace {

Route RouteOf(std::string path, std::string ns = "", int size = 0) {
  Route route;
  route.path = std::move(path);
  route.namespace_template = std::move(ns);
  route.history.size = size;
  return route;
}

NamePattern Pattern(std::string path, std::string ns = "") {
  return NamePattern::OfRoute(RouteOf(std::move(path), std::move(ns)));
}

TEST(NamePattern, ANameIsThatNameAndAStarAtItsEndAllThatBeginSo) {
  EXPECT_TRUE(NamePattern::OfName("chat:a").Match("chat:a"));
  EXPECT_FALSE(NamePattern::OfName("chat:a").Match("chat:ab"));
  EXPECT_TRUE(NamePattern::OfName("").Match(""));
  EXPECT_FALSE(NamePattern::OfName("").Match("a"));
  const NamePattern rooms = NamePattern::OfName("chat:*");
  for (const char* name : {"chat:", "chat:a", "chat:a/b"}) EXPECT_TRUE(rooms.Match(name)) << name;
  for (const char* name : {"chat", "cha", "xchat:a", ""}) EXPECT_FALSE(rooms.Match(name)) << name;
  EXPECT_TRUE(NamePattern::OfName("*").Match(""));
  EXPECT_FALSE(NamePattern::OfName("{a}").Match("x")) << "braces mean nothing in a name";
  EXPECT_TRUE(NamePattern::OfName("{a}").Match("{a}"));
}

TEST(NamePattern, ARouteIsWhatItMakesOfItsPaths) {
  EXPECT_TRUE(Pattern("/a").Match("/a"));
  EXPECT_FALSE(Pattern("/a").Match("/a/"));
  const NamePattern room = Pattern("/rooms/{room}");
  EXPECT_TRUE(room.Match("/rooms/a"));
  for (const char* name : {"/rooms/", "/rooms", "/rooms/a/b", "/rooms/a/"}) {
    EXPECT_FALSE(room.Match(name)) << name;
  }
  EXPECT_TRUE(Pattern("/files/*").Match("/files/a/b"));
  EXPECT_TRUE(Pattern("/files*").Match("/files"));
  EXPECT_FALSE(Pattern("/files/*").Match("/files"));
  EXPECT_TRUE(Pattern("/a/{x}/b/{y}").Match("/a/1/b/2"));
  EXPECT_FALSE(Pattern("/a/{x}/b/{y}").Match("/a/1/c/2"));
}

TEST(NamePattern, ATemplateIsWhatItMakesOfTheParameters) {
  EXPECT_TRUE(Pattern("/rooms/{room}", "chat").Match("chat"));
  const NamePattern both = Pattern("/{a}/{b}", "{a}-{b}");
  for (const char* name : {"1-2", "a-b-c", "---"}) EXPECT_TRUE(both.Match(name)) << name;
  for (const char* name : {"1-", "-2", "1-2/3", "12", ""}) EXPECT_FALSE(both.Match(name)) << name;
  const NamePattern path = Pattern("/x/*", "pre:{path}:post");
  EXPECT_TRUE(path.Match("pre:/x/y/z:post"));
  EXPECT_FALSE(path.Match("pre:/y:post"));
  const NamePattern mixed = Pattern("/{a}/*", "{a}:{path}");
  EXPECT_TRUE(mixed.Match("u:/u/rest/of/it"));
  EXPECT_FALSE(mixed.Match("u:rest"));
}

TEST(NamePattern, ALongNameAgainstManyPlacesIsDecidedAtOnce) {
  const NamePattern pattern = Pattern("/{a}/{b}/{c}/{d}", "{a}x{b}x{c}x{d}y");
  EXPECT_FALSE(pattern.Match(std::string(1024, 'x')));
  EXPECT_TRUE(pattern.Match(std::string(1023, 'x') + "y"));
}

Config ConfigWith(std::vector<NamespaceSettings> namespaces, std::vector<Route> routes) {
  Config config;
  config.namespaces = std::move(namespaces);
  config.routes = std::move(routes);
  return config;
}

TEST(HistoryRules, TheMostSpecificRuleCounts) {
  const HistoryRules rules(
      ConfigWith({{"*", {1}}, {"chat:*", {2}}, {"chat:vip", {3}}, {"no:*", {0}}},
                 {RouteOf("/rooms/{room}", "", 4), RouteOf("/rooms/x", "", 5),
                  RouteOf("/{a}/{b}", "chat:{a}:{b}", 6)}));
  EXPECT_FALSE(rules.empty());
  EXPECT_EQ(rules.Of("anything").size, 1);
  EXPECT_EQ(rules.Of("chat:a").size, 2);
  EXPECT_EQ(rules.Of("chat:vip").size, 3);
  EXPECT_EQ(rules.Of("no:thing").size, 0) << "an entry may say that nothing is kept";
  EXPECT_EQ(rules.Of("/rooms/a").size, 4);
  EXPECT_EQ(rules.Of("/rooms/x").size, 5);
  EXPECT_EQ(rules.Of("chat:a:b").size, 6) << "more text in all than chat:*";
}

// Against what the rule says: of all patterns that match, the most specific.
TEST(HistoryRules, ManyRulesAreFoundAsIfEachWereTried) {
  const std::vector<std::string> parts = {"a", "b", "{x}", "ab"};
  std::vector<Route> routes;
  int size = 0;
  for (const std::string& first : parts) {
    for (const std::string& second : parts) {
      const std::string other = second == "{x}" ? "{y}" : second;
      routes.push_back(RouteOf(absl::StrCat("/", first, "/", other), "", ++size));
      routes.push_back(RouteOf(absl::StrCat("/", first, "/", other, "/c*"), "", ++size));
    }
    if (first != "{x}") routes.push_back(RouteOf(absl::StrCat("/", first, "*"), "", ++size));
  }
  const HistoryRules rules(ConfigWith({}, routes));
  for (const char* first : {"a", "b", "ab", "abc", "z"}) {
    for (const char* second : {"", "/a", "/b", "/z", "/a/c", "/a/cd", "/z/c/d", "/"}) {
      const std::string ns = absl::StrCat("/", first, second);
      const Route* best = nullptr;
      for (const Route& route : routes) {
        const NamePattern pattern = NamePattern::OfRoute(route);
        if (!pattern.Match(ns)) continue;
        if (best == nullptr || pattern.MoreSpecificThan(NamePattern::OfRoute(*best))) best = &route;
      }
      EXPECT_EQ(rules.Of(ns).size, best == nullptr ? 0 : best->history.size) << ns;
    }
  }
}

TEST(HistoryRules, ALookUpDoesNotWalkAllRules) {
  const auto take = [](int routes) {
    Config config;
    for (int i = 0; i < routes; ++i) {
      config.namespaces.push_back({absl::StrCat("team", i, ":*"), {1}});
    }
    const HistoryRules rules(config);
    const auto begin = std::chrono::steady_clock::now();
    for (int i = 0; i < 20'000; ++i) EXPECT_EQ(rules.Of("nobody's namespace").size, 0);
    return std::chrono::steady_clock::now() - begin;
  };
  // A walk would take a thousand times as long.
  EXPECT_LT(take(20'000), 100 * take(20));
}

TEST(HistoryRules, OfEqualRulesTheEntryOfNamespacesCounts) {
  const HistoryRules rules(ConfigWith({{"chat", {1}}, {"/f/*", {2}}},
                                      {RouteOf("/c", "chat", 3), RouteOf("/f/*", "", 4)}));
  EXPECT_EQ(rules.Of("chat").size, 1);
  EXPECT_EQ(rules.Of("/f/a").size, 2);
}

TEST(HistoryRules, ARouteWithoutAHistorySaysNothingOfItsNamespaces) {
  const HistoryRules rules(
      ConfigWith({{"chat*", {7}}}, {RouteOf("/pub", "chat"), RouteOf("/sub", "chat")}));
  EXPECT_EQ(rules.Of("chat").size, 7);
  EXPECT_EQ(rules.Of("/pub").size, 0);
  EXPECT_TRUE(HistoryRules(ConfigWith({}, {RouteOf("/a")})).empty());
}

}  // namespace
}  // namespace hookcast::config
