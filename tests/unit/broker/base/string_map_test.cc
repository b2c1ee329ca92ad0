#include "broker/base/string_map.h"

#include <gtest/gtest.h>

namespace hookcast {
namespace {

TEST(StringMap, IsLookedUpByViewWithoutACopy) {
  StringMap<int> map;
  map["one"] = 1;
  map[std::string_view("two")] = 2;
  map[std::string("a\0b", 3)] = 3;
  EXPECT_EQ(map.find(std::string_view("one"))->second, 1);
  EXPECT_EQ(map.find(std::string("two"))->second, 2);
  EXPECT_EQ(map.find(std::string_view("a\0b", 3))->second, 3);
  EXPECT_EQ(map.find(std::string_view("a")), map.end());
  EXPECT_EQ(map.find(std::string_view("a\0c", 3)), map.end());
}

TEST(StringMap, HashesStringsAndViewsAlike) {
  const std::string text = "a name of some length, past what fits into the object";
  EXPECT_EQ(StringHash{}(text), StringHash{}(std::string_view(text)));
  EXPECT_EQ(StringHash{}("literal"), StringHash{}(std::string("literal")));
}

}  // namespace
}  // namespace hookcast
