#include "broker/config/nearest.h"

#include <gtest/gtest.h>

namespace hookcast::config {
namespace {

TEST(NearestTest, CountsInsertionsDeletionsReplacementsAndSwaps) {
  EXPECT_EQ(EditDistance("", ""), 0u);
  EXPECT_EQ(EditDistance("", "abc"), 3u);
  EXPECT_EQ(EditDistance("listen", "listn"), 1u);
  EXPECT_EQ(EditDistance("listen", "lissten"), 1u);
  EXPECT_EQ(EditDistance("listen", "lixten"), 1u);
  EXPECT_EQ(EditDistance("listen", "litsen"), 1u);
  EXPECT_EQ(EditDistance("listen", "hooks"), 6u);
}

TEST(NearestTest, ASlipIsClose) {
  const Nearest nearest = FindNearest("on_mesage", {"subscribe", "on_message", "topic"});
  EXPECT_EQ(nearest.name, "on_message");
  EXPECT_TRUE(nearest.close);
}

TEST(NearestTest, ANameThatIsTheBeginningOfAnotherIsClose) {
  EXPECT_EQ(FindNearest("app", {"path", "application"}).name, "application");
  EXPECT_TRUE(FindNearest("app", {"path", "application"}).close);
  EXPECT_TRUE(FindNearest("insecure_listen", {"insecure", "listen"}).close);
}

TEST(NearestTest, AnotherWordIsNotClose) {
  const Nearest nearest = FindNearest("slow_peer", {"path", "hooks"});
  EXPECT_FALSE(nearest.close);
  EXPECT_FALSE(nearest.name.empty());
}

TEST(NearestTest, NoCandidatesGiveNoName) { EXPECT_EQ(FindNearest("a", {}).name, ""); }

TEST(NearestTest, AHugeNameIsComparedByItsBeginning) {
  EXPECT_FALSE(FindNearest(std::string(1'000'000, 'x'), {"listen"}).close);
}

}  // namespace
}  // namespace hookcast::config
