#include "broker/backplane/redis/seen_keys.h"

#include <gtest/gtest.h>

#include <string>

namespace hookcast::backplane {
namespace {

using std::chrono::seconds;

class SeenKeysTest : public testing::Test {
 protected:
  metrics::Catalogue metrics_;
  SeenKeys keys_{&metrics_};
  TimePoint now_{seconds(1000)};
};

TEST_F(SeenKeysTest, AKeyIsNewOnceInAMinute) {
  EXPECT_TRUE(keys_.Add("a", "k", now_));
  now_ += seconds(59);
  EXPECT_FALSE(keys_.Add("a", "k", now_));
  now_ += seconds(1);
  EXPECT_TRUE(keys_.Add("a", "k", now_));
}

TEST_F(SeenKeysTest, AKeyIsItsNamespaces) {
  EXPECT_TRUE(keys_.Add("a", "bc", now_));
  EXPECT_TRUE(keys_.Add("ab", "c", now_));
  EXPECT_TRUE(keys_.Add("", "abc", now_));
}

TEST_F(SeenKeysTest, OneThatIsRemovedIsNewAndCountsFromWhenItComesAgain) {
  EXPECT_TRUE(keys_.Add("a", "k", now_));
  keys_.Remove("a", "k");
  now_ += seconds(30);
  EXPECT_TRUE(keys_.Add("a", "k", now_));
  keys_.Remove("a", "other");
  now_ += seconds(59);
  EXPECT_FALSE(keys_.Add("a", "k", now_));
  now_ += seconds(1);
  EXPECT_TRUE(keys_.Add("a", "k", now_));
}

TEST_F(SeenKeysTest, OneThatIsTriedOftenTakesThePlaceOfOne) {
  EXPECT_TRUE(keys_.Add("a", "other", now_));
  for (size_t i = 0; i <= SeenKeys::kMost; ++i) {
    EXPECT_TRUE(keys_.Add("a", "k", now_));
    keys_.Remove("a", "k");
  }
  EXPECT_EQ(metrics_.backplane_keys_evicted.value(), 0);
  EXPECT_FALSE(keys_.Add("a", "other", now_));
}

TEST_F(SeenKeysTest, BeyondTheirBoundTheOldestIsForgottenAndCounted) {
  for (size_t i = 0; i <= SeenKeys::kMost; ++i) keys_.Add("a", std::to_string(i), now_);
  EXPECT_EQ(metrics_.backplane_keys_evicted.value(), 1);
  EXPECT_FALSE(keys_.Add("a", "1", now_));
  EXPECT_TRUE(keys_.Add("a", "0", now_));
}

TEST_F(SeenKeysTest, LongOnesAreBoundedByTheirBytes) {
  const std::string ns(1024, 'n');
  for (int i = 0; i < 20'000; ++i) keys_.Add(ns, std::to_string(i), now_);
  EXPECT_GT(metrics_.backplane_keys_evicted.value(), 3000);
  EXPECT_FALSE(keys_.Add(ns, "19999", now_));
}

}  // namespace
}  // namespace hookcast::backplane
