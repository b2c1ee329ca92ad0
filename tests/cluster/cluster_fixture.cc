#include "tests/cluster/cluster_fixture.h"

#include <signal.h>

#include <utility>

namespace hookcast::testing {

using Stub = v1::BrokerService::Stub;

void ClusterTest::StartCluster(size_t nodes, std::string_view yaml) {
  redis_ = RedisProcess::Start();
  ASSERT_NE(redis_, nullptr);
  yaml_ = "shards: 2\nbackplane: { kind: redis, url: \"" + redis_->url() + "\" }\n";
  yaml_ += yaml;
  for (size_t i = 0; i < nodes; ++i) {
    AddNode();
    if (HasFatalFailure()) return;
  }
  for (size_t i = 0; i < nodes; ++i) {
    ASSERT_TRUE(node(i).MetricBecomes("hookcast_ready", 1));
    ASSERT_TRUE(Knows(i, nodes));
  }
}

void ClusterTest::AddNode(const std::vector<std::string>& arguments) {
  Node node;
  node.process = NodeProcess::Start(yaml_, arguments);
  ASSERT_NE(node.process, nullptr);
  node.calls = std::make_unique<BrokerCalls>(node.process->control());
  v1::PingResponse response;
  ASSERT_TRUE(node.calls->Call(&Stub::Ping, v1::PingRequest(), &response).ok());
  node.id = response.node();
  nodes_.push_back(std::move(node));
}

CliResult ClusterTest::Cli(size_t i, std::vector<std::string> arguments) {
  arguments.insert(arguments.begin(), {"--server", node(i).control()});
  return RunCli(std::move(arguments));
}

ClusterTest::Client ClusterTest::Connect(size_t i, const std::string& target) {
  Client client{node(i).Connect(target), ""};
  if (client.socket == nullptr) return client;
  v1::ListPeersRequest request;
  request.mutable_filter()->set_path(target.substr(0, target.find('?')));
  // The peer is there before its handshake is answered.
  const auto list = Ask(i, &Stub::ListPeers, request);
  for (const v1::PeerInfo& peer : list.peers()) client.peer = peer.peer().id();
  EXPECT_EQ(list.peers_size(), 1) << target;
  return client;
}

void ClusterTest::Kill(size_t i) {
  node(i).process().Signal(SIGKILL);
  EXPECT_TRUE(node(i).process().WaitExit().ok());
}

}  // namespace hookcast::testing
