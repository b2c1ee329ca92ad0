#include "broker/config/mistakes.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include "absl/strings/str_cat.h"

namespace hookcast::config {
namespace {

using ::testing::EndsWith;

TEST(MistakesTest, EachIsALineWithPlaceKeyAndText) {
  Mistakes mistakes;
  EXPECT_TRUE(mistakes.ToStatus().ok());
  mistakes.Add({"f.yaml", 3, 5}, "log.level", "is wrong");
  mistakes.Add({"--set"}, "", "is odd");
  EXPECT_EQ(mistakes.ToStatus(),
            absl::InvalidArgumentError("f.yaml:3:5: log.level: is wrong\n--set: is odd"));
}

TEST(MistakesTest, WhatIsMissingHasNoPlace) {
  Mistakes mistakes;
  mistakes.Add({}, "cluster.token", "is missing");
  EXPECT_EQ(mistakes.ToStatus(), absl::InvalidArgumentError("cluster.token: is missing"));
}

TEST(MistakesTest, AreFoundUnderAKeyButNotUnderOneThatOnlyBeginsAlike) {
  Mistakes mistakes;
  mistakes.Add({}, "routes[1].static.topic", "x");
  mistakes.Add({}, "routes[12]", "x");
  EXPECT_TRUE(mistakes.Under("routes[1]"));
  EXPECT_TRUE(mistakes.Under("routes"));
  EXPECT_TRUE(mistakes.Under("routes[1].static"));
  EXPECT_FALSE(mistakes.Under("routes[1].stat"));
  EXPECT_FALSE(mistakes.Under("routes[2]"));
}

TEST(MistakesTest, BeyondAThousandAreCounted) {
  Mistakes mistakes;
  for (int i = 0; i < 1005; ++i) mistakes.Add({}, "a", "b");
  EXPECT_THAT(std::string(mistakes.ToStatus().message()), EndsWith("\nand 5 more mistakes"));
}

TEST(MistakesTest, AKeyWithoutAPlaceTakesThatOfItsGroup) {
  Origins origins;
  origins.Set("routes[2]", {"f", 7, 1});
  origins.Set("routes[2].static.topic", {"f", 9, 2});
  EXPECT_EQ(origins.Find("routes[2].static.topic").line, 9);
  EXPECT_EQ(origins.Find("routes[2].static.on_message").line, 7);
  EXPECT_EQ(origins.Find("routes[3]").ToString(), "default");
  origins.Erase("routes[2].static");
  EXPECT_FALSE(origins.Has("routes[2].static.topic"));
  EXPECT_TRUE(origins.Has("routes[2]"));
}

}  // namespace
}  // namespace hookcast::config
