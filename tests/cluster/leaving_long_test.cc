// CASES B11: clients that come and go leave nothing behind, in Redis or at the node.

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <memory>
#include <string>
#include <vector>

#include "absl/strings/str_cat.h"
#include "tests/cluster/cluster.h"

namespace hookcast::testing {
namespace {

using std::chrono::seconds;

TEST(Leaving, AThousandClientsLeaveNothingBehindHalfOfThemWithoutAWord) {
  const auto cluster = Cluster::Start(1);
  ASSERT_NE(cluster, nullptr);
  NodeProcess& node = cluster->node(0);
  const std::vector<std::string> before = cluster->redis().Subscribed();
  constexpr int kClients = 1000;
  for (int i = 0; i < kClients; ++i) {
    auto client = node.Connect(absl::StrCat("/sub/", i));
    ASSERT_NE(client, nullptr);
    if (i % 2 == 0) {
      ASSERT_TRUE(client->CloseHandshake().ok());
    } else {
      client->Reset();
    }
  }
  ASSERT_TRUE(node.MetricBecomes("hookcast_subscriptions", 0));
  ASSERT_TRUE(node.MetricBecomes("hookcast_peers", 0));
  // They linger for 30 s.
  EXPECT_TRUE(cluster->redis().AwaitSubscribed(before.size(), "*", seconds(60)));
  EXPECT_EQ(cluster->redis().Subscribed(), before);
  for (const char* none :
       {"hookcast_backplane_namespaces_wanted", "hookcast_backplane_namespaces_subscribed",
        "hookcast_backplane_namespaces_lingering", "hookcast_namespaces"}) {
    EXPECT_TRUE(node.MetricBecomes(none, 0)) << none;
  }
}

}  // namespace
}  // namespace hookcast::testing
