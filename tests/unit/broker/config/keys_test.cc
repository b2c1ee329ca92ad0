#include "broker/config/keys.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <algorithm>
#include <set>

#include "absl/strings/str_cat.h"
#include "tests/unit/broker/config/load_yaml.h"

namespace hookcast::config {
namespace {

using ::testing::EndsWith;
using ::testing::IsEmpty;
using ::testing::Not;

TEST(KeysTest, EachHasANameATypeAndASentenceOfHelp) {
  for (const KeyFacts& key : AllKeys()) {
    EXPECT_THAT(key.type, Not(IsEmpty())) << key.name;
    EXPECT_THAT(key.help, EndsWith(".")) << key.name;
  }
}

TEST(KeysTest, NamesAndTheirVariablesAreUnique) {
  std::set<std::string> names;
  for (const KeyFacts& key : AllKeys()) {
    std::string variable = key.name;
    std::replace(variable.begin(), variable.end(), '.', '_');
    EXPECT_TRUE(names.insert(variable).second) << key.name;
  }
}

TEST(KeysTest, TheDefaultThatIsShownIsTheOneThatHolds) {
  // Writing the shown default of each key out leaves the defaults as they are.
  for (const KeyFacts& key : AllKeys()) {
    if (key.name.find("[]") != std::string::npos || key.default_text == "none") continue;
    EXPECT_EQ(ConfigOf("", {}, {.sets = {key.name + "=" + key.default_text}}), Config())
        << key.name;
  }
}

TEST(KeysTest, OfARouteTooTheDefaultThatIsShownIsTheOneThatHolds) {
  const std::string route = "routes=[{path: /a, application: x";
  const Config expected = ConfigOf("", {}, {.sets = {route + "}]"}});
  int seen = 0;
  for (const KeyFacts& key : AllKeys()) {
    const std::string prefix = "routes[].";
    if (!key.name.starts_with(prefix) || key.name.find("static") != std::string::npos ||
        key.default_text == "none" || key.default_text == "required") {
      continue;
    }
    std::string name = key.name.substr(prefix.size());
    std::string value = key.default_text.empty() ? "''" : key.default_text;
    if (const size_t dot = name.find('.'); dot != std::string::npos) {
      value = absl::StrCat("{", name.substr(dot + 1), ": ", value, "}");
      name = name.substr(0, dot);
    }
    EXPECT_EQ(ConfigOf("", {}, {.sets = {absl::StrCat(route, ", ", name, ": ", value, "}]")}}),
              expected)
        << key.name;
    ++seen;
  }
  EXPECT_EQ(seen, 39);
}

}  // namespace
}  // namespace hookcast::config
