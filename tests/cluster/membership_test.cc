// Nodes that come, go, and are killed.

#include <gmock/gmock.h>
#include <signal.h>
#include <unistd.h>

#include <chrono>
#include <fstream>
#include <string>

#include "absl/strings/str_cat.h"
#include "tests/cluster/cluster_fixture.h"
#include "tests/integration/client/ask_until.h"
#include "tests/integration/client/held_port.h"

namespace hookcast::testing {
namespace {

using std::chrono::seconds;
using ::testing::HasSubstr;
using Clock = std::chrono::steady_clock;
using Stub = v1::BrokerService::Stub;

constexpr char kRoutes[] = "routes: [{ path: '/a/{name}', static: { subscribe: [t] } }]\n";

class ClusterMembershipTest : public ClusterTest {
 protected:
  grpc::Status GetPeer(size_t i, const std::string& peer) {
    v1::GetPeerRequest request;
    request.set_peer(peer);
    v1::GetPeerResponse response;
    return calls(i).Call(&Stub::GetPeer, request, &response);
  }
};

TEST_F(ClusterMembershipTest, APeerOfAKilledNodeIsNotFoundWithinSeconds) {
  ASSERT_NO_FATAL_FAILURE(StartCluster(3, kRoutes));
  const Client lost = Connect(2, "/a/lost");
  const Client kept = Connect(1, "/a/kept");
  Kill(2);
  // Until it counts as gone it is a node that does not answer, and lists say so.
  grpc::Status status = GetPeer(0, lost.peer);
  EXPECT_EQ(status.error_code(), grpc::StatusCode::UNAVAILABLE) << status.error_message();
  EXPECT_THAT(status.error_message(), HasSubstr("node " + id(2)));
  const auto partial = Ask(0, &Stub::ListPeers, v1::ListPeersRequest());
  EXPECT_TRUE(partial.partial());
  EXPECT_EQ(partial.total(), 1u);
  status =
      AskUntil([&] { return GetPeer(0, lost.peer); },
               [](const auto& said) { return said.error_code() != grpc::StatusCode::UNAVAILABLE; },
               seconds(20));
  EXPECT_EQ(status.error_code(), grpc::StatusCode::NOT_FOUND) << status.error_message();
  EXPECT_TRUE(Knows(1, 2));
  EXPECT_FALSE(Ask(0, &Stub::ListPeers, v1::ListPeersRequest()).partial());
  EXPECT_TRUE(GetPeer(0, kept.peer).ok());
}

TEST_F(ClusterMembershipTest, ANodeThatStopsIsGoneAtOnce) {
  ASSERT_NO_FATAL_FAILURE(StartCluster(2, kRoutes));
  const Client client = Connect(1, "/a/x");
  ASSERT_TRUE(GetPeer(0, client.peer).ok());
  node(1).process().Signal(SIGTERM);
  client->ReceiveMessage().IgnoreError();
  client->SendClose(1012).IgnoreError();
  const auto code = node(1).process().WaitExit();
  ASSERT_TRUE(code.ok()) << code.status();
  EXPECT_EQ(*code, 0);
  EXPECT_TRUE(Knows(0, 1, seconds(5)));
  EXPECT_EQ(GetPeer(0, client.peer).error_code(), grpc::StatusCode::NOT_FOUND);
}

TEST_F(ClusterMembershipTest, ANodeThatComesBackAtItsAddressReplacesWhatItWas) {
  ASSERT_NO_FATAL_FAILURE(StartCluster(1, kRoutes));
  const HeldPort nobody;
  const std::string control = "control.advertise=127.0.0.1:" + std::to_string(nobody.number());
  AddNode({"--set", control});
  ASSERT_TRUE(Knows(0, 2));
  // Nobody listens where it says it is: it is known, and cannot be reached.
  const std::string peer = id(1) + "-0-1";
  EXPECT_EQ(GetPeer(0, peer).error_code(), grpc::StatusCode::UNAVAILABLE);
  Kill(1);
  AddNode({"--set", control});
  ASSERT_TRUE(Knows(2, 2));
  const grpc::Status status =
      AskUntil([&] { return GetPeer(0, peer); },
               [](const auto& said) { return said.error_code() == grpc::StatusCode::NOT_FOUND; },
               seconds(3));
  EXPECT_EQ(status.error_code(), grpc::StatusCode::NOT_FOUND) << status.error_message();
}

TEST_F(ClusterMembershipTest, ANodeThatStartsKnowsTheOthersAtOnce) {
  ASSERT_NO_FATAL_FAILURE(StartCluster(2, kRoutes));
  const Client client = Connect(0, "/a/x");
  AddNode();
  EXPECT_TRUE(Knows(2, 3, seconds(2)));
  EXPECT_TRUE(GetPeer(2, client.peer).ok());
}

TEST_F(ClusterMembershipTest, NobodyIsDeclaredGoneWhileRedisIsAway) {
  ASSERT_NO_FATAL_FAILURE(StartCluster(2, kRoutes));
  const Client client = Connect(1, "/a/x");
  redis().Pause();
  const grpc::Status status = AskUntil([&] { return GetPeer(0, client.peer); },
                                       [](const auto& said) { return !said.ok(); }, seconds(15));
  EXPECT_TRUE(status.ok()) << status.error_message();
  redis().Continue();
  EXPECT_TRUE(node(0).MetricBecomes("hookcast_ready", 1));
  EXPECT_TRUE(Knows(0, 2));
}

TEST_F(ClusterMembershipTest, ANodeThatAloneLostRedisKeepsItsPlaceAndItsPeersCanBeReached) {
  ASSERT_NO_FATAL_FAILURE(StartCluster(3, kRoutes));
  const Client client = Connect(1, "/a/x");
  way(1).Reset(true);
  const Clock::time_point cut = Clock::now();
  const auto listed =
      AskUntil([&] { return Ask(0, &Stub::ListPeers, v1::ListPeersRequest()); },
               [&](const auto& said) {
                 return said.partial() || said.total() != 1 || Clock::now() > cut + seconds(13);
               },
               seconds(20));
  EXPECT_FALSE(listed.partial());
  EXPECT_EQ(listed.total(), 1u);
  EXPECT_TRUE(GetPeer(0, client.peer).ok());
  // One that does not answer either is gone.
  Kill(1);
  EXPECT_TRUE(Knows(0, 2));
  EXPECT_EQ(GetPeer(0, client.peer).error_code(), grpc::StatusCode::NOT_FOUND);
}

TEST_F(ClusterMembershipTest, WhileRedisIsAwayTheCommandLineSaysWhatIsTrueOfListsAndPublishes) {
  ASSERT_NO_FATAL_FAILURE(StartCluster(2, kRoutes));
  const Client client = Connect(0, "/a/x");
  redis().Kill();
  const CliResult peers = AskUntil(
      [&] { return Cli(0, {"peers"}); },
      [](const CliResult& said) { return said.output.find("incomplete") != std::string::npos; },
      seconds(15));
  EXPECT_EQ(peers.exit_code, 0);
  EXPECT_THAT(peers.output, HasSubstr("or the one that was asked does not hear the others\n"));
  const CliResult nodes = Cli(0, {"nodes"});
  EXPECT_THAT(nodes.output, HasSubstr("the node that was asked has just started, or does not hear "
                                      "the others\n"));
  EXPECT_THAT(nodes.output, HasSubstr("\n2 nodes\n"));

  const CliResult many = Cli(0, {"publish", "/a/x", "t", "hi", "--count", "3"});
  EXPECT_EQ(many.exit_code, 3);
  EXPECT_THAT(many.output, HasSubstr("; 3 to peers of this node alone\n"));
  EXPECT_THAT(many.output,
              HasSubstr("  this node made 3 deliveries, other nodes did not get them"));
  const CliResult one = Cli(0, {"--output", "json", "publish", "/a/x", "t", "hi"});
  EXPECT_EQ(one.exit_code, 3);
  EXPECT_THAT(one.output, HasSubstr("{\"code\":\"unavailable\",\"message\":\"not published to the "
                                    "whole cluster: "));
  EXPECT_THAT(one.output, HasSubstr("\"debug\":{\"localCount\":\"1\""));
}

TEST_F(ClusterMembershipTest, NodesWithTokensAndOneOfTheirOwnAnswerEachOther) {
  const std::string tokens = absl::StrCat(::testing::TempDir(), "cluster-reader-", getpid());
  const std::string shared = absl::StrCat(::testing::TempDir(), "cluster-shared-", getpid());
  std::ofstream(tokens) << "reader-0123456789\n";
  std::ofstream(shared) << "shared-0123456789\n";
  const auto redis = RedisProcess::Start();
  ASSERT_NE(redis, nullptr);
  std::vector<std::unique_ptr<NodeProcess>> nodes;
  for (int i = 0; i < 2; ++i) {
    nodes.push_back(NodeProcess::Start(
        "backplane: { kind: redis, url: \"" + redis->url() + "\" }\ncluster: { token_file: " +
        shared + " }\nauth: { tokens: [{ file: " + tokens + ", scopes: [read] }] }\n"));
    ASSERT_NE(nodes.back(), nullptr);
  }
  const auto list = [&] {
    return RunCli({"--server", nodes[0]->control(), "--token", "reader-0123456789", "nodes"});
  };
  const CliResult listed = AskUntil(
      list,
      [](const CliResult& said) {
        return said.output.find("2 nodes") != std::string::npos &&
               said.output.find("incomplete") == std::string::npos;
      },
      seconds(10));
  EXPECT_THAT(listed.output, HasSubstr("2 nodes"));
  EXPECT_THAT(listed.output, ::testing::Not(HasSubstr("incomplete")));
  for (const auto& node : nodes) {
    EXPECT_THAT(node->process().output(), ::testing::Not(HasSubstr("0123456789")));
  }
}

TEST_F(ClusterMembershipTest, ANodeThatOthersCanReachDoesNotStartWithoutATokenForThem) {
  const auto process =
      ChildProcess::Start({HOOKCASTD, "--check-config", "--set", "backplane.kind=redis", "--set",
                           "backplane.url=redis://127.0.0.1:6379", "--set",
                           "auth.tokens=[{file: /x, scopes: [read]}]"});
  ASSERT_TRUE(process.ok()) << process.status();
  EXPECT_EQ((*process)->WaitExit().value_or(-1), 2);
  EXPECT_THAT((*process)->output(), HasSubstr("cluster.token: is missing"));
}

}  // namespace
}  // namespace hookcast::testing
