#include "broker/config/topic_pattern.h"

#include <gtest/gtest.h>

#include <string>

namespace hookcast::config {
namespace {

std::string ErrorOf(std::string_view pattern) {
  return std::string(CheckTopicPattern(pattern).message());
}

TEST(TopicPatternTest, ATopicIsOnlyItself) {
  EXPECT_EQ(ErrorOf("news"), "");
  EXPECT_TRUE(MatchesTopicPattern("news", "news"));
  for (const char* other : {"new", "news ", "news/eu", "News", ""}) {
    EXPECT_FALSE(MatchesTopicPattern("news", other)) << other;
  }
}

TEST(TopicPatternTest, AStarAtTheEndStandsForWhateverFollows) {
  EXPECT_EQ(ErrorOf("prices-*"), "");
  for (const char* topic : {"prices-", "prices-eur", "prices-*", "prices-a/b c"}) {
    EXPECT_TRUE(MatchesTopicPattern("prices-*", topic)) << topic;
  }
  for (const char* other : {"prices", "price-eur", "xprices-eur", ""}) {
    EXPECT_FALSE(MatchesTopicPattern("prices-*", other)) << other;
  }
  EXPECT_EQ(ErrorOf("*"), "");
  EXPECT_TRUE(MatchesTopicPattern("*", "anything"));
}

TEST(TopicPatternTest, WhatIsNoPatternSaysWhatWouldBeRight) {
  EXPECT_EQ(ErrorOf(""), "is empty; write a topic such as news, or prices-* for all that begin so");
  for (const char* pattern : {"*-eur", "prices-*-eur", "prices-**"}) {
    EXPECT_EQ(ErrorOf(pattern), "\"" + std::string(pattern) +
                                    "\" holds a '*' that is not at its end; write a topic as it "
                                    "is, or end what it begins with by '*'");
  }
}

TEST(TopicPatternTest, TheStarDoesNotCountToTheLongestTopic) {
  const std::string longest(255, 't');
  EXPECT_EQ(ErrorOf(longest), "");
  EXPECT_EQ(ErrorOf(longest + "*"), "");
  EXPECT_EQ(ErrorOf(longest + "t"), "the topic has 256 bytes; it may have at most 255");
  EXPECT_EQ(ErrorOf(longest + "t*"), "the topic has 256 bytes; it may have at most 255");
}

}  // namespace
}  // namespace hookcast::config
