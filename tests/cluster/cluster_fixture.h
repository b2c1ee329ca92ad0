#pragma once

#include <gtest/gtest.h>

#include <chrono>
#include <memory>
#include <string>
#include <string_view>
#include <vector>

#include "tests/cluster/cluster.h"
#include "tests/integration/broker_calls.h"
#include "tests/integration/client/websocket_client.h"
#include "tests/integration/node_process.h"
#include "tests/integration/redis_process.h"

namespace hookcast::testing {

// Nodes of a cluster that know each other, and what a test asks of each.
class ClusterTest : public ::testing::Test {
 protected:
  // Starts so many nodes, each of two shards, with this configuration; each knows all others when
  // it returns. A failure is the test's.
  void StartCluster(size_t nodes, std::string_view yaml);
  // One more node, which is not awaited.
  void AddNode(std::vector<std::string> arguments = {});

  NodeProcess& node(size_t i) { return cluster_->node(i); }
  RedisProcess& redis() { return cluster_->redis(); }
  TcpProxy& way(size_t i) { return cluster_->way(i); }
  // Calls of a node's control port.
  BrokerCalls& calls(size_t i) { return *asked_[i].calls; }
  const std::string& id(size_t i) const { return asked_[i].id; }
  // What the CLI says when it asks this node.
  CliResult Cli(size_t i, std::vector<std::string> arguments);

  // A WebSocket client whose open has been seen by its node: the id of its peer. The target is that
  // of no other peer.
  struct Client {
    std::unique_ptr<WebSocketClient> socket;
    std::string peer;
    WebSocketClient* operator->() const { return socket.get(); }
  };
  Client Connect(size_t i, const std::string& target);

  // Waits until the node knows so many, itself included.
  bool Knows(size_t i, size_t nodes, std::chrono::milliseconds limit = std::chrono::seconds(15)) {
    return node(i).MetricBecomes("hookcast_nodes", static_cast<double>(nodes), limit);
  }
  // SIGKILL, and it is gone.
  void Kill(size_t i);

  template <typename Request, typename Response>
  Response Ask(size_t i,
               grpc::Status (v1::BrokerService::Stub::*method)(grpc::ClientContext*, const Request&,
                                                               Response*),
               const Request& request) {
    Response response;
    const grpc::Status status = calls(i).Call(method, request, &response);
    EXPECT_TRUE(status.ok()) << status.error_message();
    return response;
  }

 private:
  struct Asked {
    std::unique_ptr<BrokerCalls> calls;
    std::string id;
  };
  void Meet(size_t i);

  std::unique_ptr<Cluster> cluster_;
  std::vector<Asked> asked_;  // at its node's place
};

}  // namespace hookcast::testing
