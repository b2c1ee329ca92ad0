#include "broker/backplane/redis/lost_publishes.h"

#include <gtest/gtest.h>

#include <map>

namespace hookcast::backplane {
namespace {

std::map<std::string, uint64_t> TakeAll(LostPublishes* lost) {
  std::map<std::string, uint64_t> taken;
  while (const auto loss = lost->Take()) taken[loss->ns] += loss->messages;
  return taken;
}

TEST(LostPublishesTest, AreTakenOnceAndSummedForEachNamespace) {
  LostPublishes lost;
  EXPECT_FALSE(lost.Take());
  lost.Add("a", 1);
  lost.Add("b", 2);
  lost.Add("a", 3);
  lost.Add("", 1);
  EXPECT_EQ(TakeAll(&lost), (std::map<std::string, uint64_t>{{"a", 4}, {"b", 2}, {"", 1}}));
  EXPECT_FALSE(lost.Take());
}

TEST(LostPublishesTest, AreOfABoundedNumberOfNamespaces) {
  LostPublishes lost(2);
  for (const char* ns : {"a", "b", "c", "a"}) lost.Add(ns, 1);
  EXPECT_EQ(TakeAll(&lost), (std::map<std::string, uint64_t>{{"a", 2}, {"b", 1}}));
  lost.Add("c", 1);
  EXPECT_EQ(TakeAll(&lost), (std::map<std::string, uint64_t>{{"c", 1}}));
}

}  // namespace
}  // namespace hookcast::backplane
