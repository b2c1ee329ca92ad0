#include "edge/origin_policy.h"

#include <gtest/gtest.h>

#include <string>
#include <vector>

namespace hookcast::edge {
namespace {

HttpRequest With(const std::vector<std::string>& origins) {
  HttpRequest request;
  request.headers.emplace_back("Host", "node.example");
  for (const std::string& origin : origins) request.headers.emplace_back("oRIGIN", origin);
  return request;
}

TEST(OriginPolicyTest, WithoutAListAnythingPasses) {
  const OriginPolicy policy({});
  EXPECT_TRUE(policy.Allows(With({})));
  EXPECT_TRUE(policy.Allows(With({"https://evil.example"})));
  EXPECT_TRUE(policy.Allows(With({"nonsense", ""})));
}

TEST(OriginPolicyTest, WithAListOneOfItsEntriesHasToMatch) {
  const OriginPolicy policy({"https://a.example", "https://*.b.example", "null"});
  EXPECT_TRUE(policy.Allows(With({"https://a.example"})));
  EXPECT_TRUE(policy.Allows(With({"https://x.b.example:443"})));
  EXPECT_TRUE(policy.Allows(With({"null"})));
  EXPECT_FALSE(policy.Allows(With({"https://b.example"})));
  EXPECT_FALSE(policy.Allows(With({""})));
}

TEST(OriginPolicyTest, ARequestThatComesFromNoPagePasses) {
  EXPECT_TRUE(OriginPolicy({"https://a.example"}).Allows(With({})));
}

TEST(OriginPolicyTest, SeveralLinesAreOfNoOriginEvenWhereEachWouldDo) {
  const OriginPolicy policy({"https://a.example", "https://b.example"});
  EXPECT_FALSE(policy.Allows(With({"https://a.example", "https://b.example"})));
  EXPECT_FALSE(policy.Allows(With({"https://a.example", "https://a.example"})));
}

TEST(OriginPolicyTest, AStarTakesWhateverCame) {
  EXPECT_TRUE(OriginPolicy({"*"}).Allows(With({"nonsense", ""})));
}

}  // namespace
}  // namespace hookcast::edge
