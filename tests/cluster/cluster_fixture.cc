#include "tests/cluster/cluster_fixture.h"

#include <signal.h>

#include <utility>

namespace hookcast::testing {

using Stub = v1::BrokerService::Stub;

void ClusterTest::StartCluster(size_t nodes, std::string_view yaml) {
  cluster_ = Cluster::Start(nodes, "shards: 2\n" + std::string(yaml));
  ASSERT_NE(cluster_, nullptr);
  for (size_t i = 0; i < nodes; ++i) ASSERT_NO_FATAL_FAILURE(Meet(i));
  for (size_t i = 0; i < nodes; ++i) ASSERT_TRUE(Knows(i, nodes));
}

void ClusterTest::AddNode(std::vector<std::string> arguments) {
  const size_t place = cluster_->Add(std::move(arguments));
  ASSERT_EQ(place, asked_.size());
  Meet(place);
}

void ClusterTest::Meet(size_t i) {
  Asked asked{std::make_unique<BrokerCalls>(node(i).control()), ""};
  v1::PingResponse response;
  ASSERT_TRUE(asked.calls->Call(&Stub::Ping, v1::PingRequest(), &response).ok());
  asked.id = response.node();
  asked_.push_back(std::move(asked));
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
