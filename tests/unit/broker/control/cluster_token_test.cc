#include "broker/control/cluster_token.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include "tests/unit/broker/control/token_file.h"

namespace hookcast::control {
namespace {

TEST(ClusterToken, MatchesItselfAlone) {
  const ClusterToken token = *ClusterToken::Read({.token = "0123456789abcdef"});
  EXPECT_EQ(token.text(), "0123456789abcdef");
  EXPECT_TRUE(token.Matches("0123456789abcdef"));
  for (const char* other : {"", "0123456789abcde", "0123456789abcdeF", "0123456789abcdef "}) {
    EXPECT_FALSE(token.Matches(other)) << other;
  }
}

TEST(ClusterToken, NoneMatchesNothing) {
  EXPECT_TRUE(ClusterToken().empty());
  EXPECT_FALSE(ClusterToken().Matches(""));
  EXPECT_FALSE(ClusterToken::Read({})->Matches(""));
}

TEST(ClusterToken, IsReadFromTheFirstLineOfItsFile) {
  const TokenFile file("0123456789abcdef\nsecond");
  EXPECT_TRUE(ClusterToken::Read({.token_file = file.path()})->Matches("0123456789abcdef"));
  const auto none = ClusterToken::Read({.token_file = "/nonexistent/token"});
  ASSERT_FALSE(none.ok());
  EXPECT_THAT(std::string(none.status().message()), testing::HasSubstr("/nonexistent/token"));
}

}  // namespace
}  // namespace hookcast::control
