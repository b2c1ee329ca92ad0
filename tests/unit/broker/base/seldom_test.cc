#include "broker/base/seldom.h"

#include <gtest/gtest.h>

namespace hookcast {
namespace {

using std::chrono::milliseconds;
using std::chrono::seconds;

TEST(Seldom, TheFirstPassesHoweverEarlyItComes) {
  EXPECT_TRUE(Seldom(seconds(60)).Pass(TimePoint()));
  EXPECT_TRUE(Seldom(seconds(60)).Pass(TimePoint(seconds(1))));
}

TEST(Seldom, AnotherPassesOnceItsTimeIsOver) {
  TimePoint now(seconds(1000));
  Seldom seldom(seconds(60));
  EXPECT_TRUE(seldom.Pass(now));
  EXPECT_FALSE(seldom.Pass(now));
  EXPECT_FALSE(seldom.Pass(now + milliseconds(59'999)));
  EXPECT_TRUE(seldom.Pass(now + seconds(60)));
  EXPECT_FALSE(seldom.Pass(now + seconds(119)));
}

TEST(Seldom, WhatDoesNotPassDelaysNothing) {
  TimePoint now(seconds(1000));
  Seldom seldom(seconds(60));
  int passed = 0;
  for (int second = 0; second < 180; ++second) {
    if (seldom.Pass(now + seconds(second))) ++passed;
  }
  EXPECT_EQ(passed, 3);
}

}  // namespace
}  // namespace hookcast
