#include "broker/pubsub/position.h"

#include <string>

#include "gtest/gtest.h"

namespace hookcast::pubsub {
namespace {

TEST(PositionTest, WhatAClientHoldsIsTheSameAtEveryNodeAndInEveryVersion) {
  EXPECT_EQ(ResumeId("", {1, 2}), "811c9dc5.1.2");
  EXPECT_EQ(ResumeId("/rooms/lobby", {1764150000123, 42}), "92846985.1764150000123.42");
}

TEST(PositionTest, IsReadBackAsItWasWritten) {
  for (const Position position :
       {Position{0, 0}, Position{1, 2}, Position{UINT64_MAX, UINT64_MAX}}) {
    const auto point = ParseResumeId(ResumeId("/a", position));
    ASSERT_TRUE(point.has_value());
    EXPECT_EQ(point->position, position);
    EXPECT_TRUE(point->IsOf("/a"));
    EXPECT_FALSE(point->IsOf("/b"));
  }
}

TEST(PositionTest, AnIdOfTheApplicationsOwnMayFollow) {
  const std::string id = ResumeId("/a", {7, 9});
  for (const char* own : {";", ";order-1", ";a;b", ";1.2.3"}) {
    const auto point = ParseResumeId(id + own);
    ASSERT_TRUE(point.has_value()) << own;
    EXPECT_EQ(point->position, (Position{7, 9}));
  }
}

TEST(PositionTest, ThatSomethingIsOwedIsReadBackToo) {
  const std::string id = ResumeId("/a", {7, 9}, /*owes=*/true);
  EXPECT_EQ(id, ResumeId("/a", {7, 9}) + "!");
  for (const std::string& text : {id, id + ";own"}) {
    const auto point = ParseResumeId(text);
    ASSERT_TRUE(point.has_value());
    EXPECT_EQ(point->position, (Position{7, 9}));
    EXPECT_TRUE(point->owes);
  }
  EXPECT_FALSE(ParseResumeId(ResumeId("/a", {7, 9}))->owes);
  EXPECT_FALSE(ParseResumeId(id + "!").has_value());
}

TEST(PositionTest, AnythingElseIsNone) {
  for (const char* text : {"",
                           ";",
                           "42",
                           "811c9dc5",
                           "811c9dc5.",
                           "811c9dc5.1",
                           "811c9dc5.1.",
                           "811c9dc5..2",
                           "811c9dc.1.2",
                           "811c9dc55.1.2",
                           "811c9dcg.1.2",
                           "+11c9dc5.1.2",
                           "811c9dc5.-1.2",
                           "811c9dc5.1.-2",
                           "811c9dc5.1.2x",
                           "811c9dc5.1.2.3",
                           " 811c9dc5.1.2",
                           "811c9dc5.1.2 ",
                           "811c9dc5.18446744073709551616.2",
                           "811c9dc5.1.18446744073709551616"}) {
    EXPECT_FALSE(ParseResumeId(text).has_value()) << text;
  }
}

}  // namespace
}  // namespace hookcast::pubsub
