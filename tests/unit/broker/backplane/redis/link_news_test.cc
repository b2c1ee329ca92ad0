#include "broker/backplane/redis/link_news.h"

#include <gtest/gtest.h>

#include <chrono>
#include <string>

namespace hookcast::backplane {
namespace {

using std::chrono::milliseconds;
using std::chrono::seconds;

class LinkNewsTest : public testing::Test {
 protected:
  bool Failed(std::string_view why, bool lasted = false) { return news_.Failed(why, lasted, now_); }

  LinkNews news_;
  TimePoint now_{std::chrono::hours(1)};
};

TEST_F(LinkNewsTest, AFailureIsToldOnceAMinute) {
  int told = 0;
  for (int i = 0; i < 90; ++i, now_ += seconds(1)) told += Failed("refused") ? 1 : 0;
  EXPECT_EQ(told, 2);
}

TEST_F(LinkNewsTest, AnotherReasonIsToldAtOnceAndTheFirstNotAgainForIt) {
  EXPECT_TRUE(Failed("it closed the connection"));
  now_ += milliseconds(50);
  EXPECT_TRUE(Failed("NOAUTH"));
  now_ += milliseconds(50);
  EXPECT_FALSE(Failed("it closed the connection"));
  EXPECT_FALSE(Failed("NOAUTH"));
}

TEST_F(LinkNewsTest, ThatItWorksIsToldOnceAfterAFailureThatWasTold) {
  EXPECT_FALSE(news_.Works());
  EXPECT_TRUE(Failed("refused"));
  EXPECT_TRUE(news_.Works());
  EXPECT_FALSE(news_.Works());
}

TEST_F(LinkNewsTest, ALinkThatComesAndGoesIsNoFlood) {
  int told = 0;
  for (int i = 0; i < 1000; ++i, now_ += milliseconds(50)) {
    told += Failed("NOPERM") ? 1 : 0;
    told += news_.Works() ? 1 : 0;
  }
  EXPECT_EQ(told, 2);
}

TEST_F(LinkNewsTest, AfterALinkThatLastedItsLossIsNewsAgain) {
  EXPECT_TRUE(Failed("it closed the connection"));
  EXPECT_TRUE(news_.Works());
  now_ += seconds(6);
  EXPECT_TRUE(Failed("it closed the connection", /*lasted=*/true));
}

TEST_F(LinkNewsTest, ReasonsWithoutNumberAreNotToldWithoutEnd) {
  int told = 0;
  for (int i = 0; i < 100; ++i) told += Failed(std::to_string(i)) ? 1 : 0;
  EXPECT_EQ(told, 8);
}

}  // namespace
}  // namespace hookcast::backplane
