#pragma once

#include <chrono>
#include <cstddef>
#include <memory>
#include <string>
#include <string_view>
#include <vector>

#include "tests/integration/node_process.h"
#include "tests/integration/redis_process.h"
#include "tests/integration/tcp_proxy.h"

namespace hookcast::testing {

// Nodes on one Redis, real processes, each with a way of its own to it that the test can cut.
//
// Thread: one at a time; start it from the test's main thread.
class Cluster {
 public:
  // Needs no application: a client of /sub/x is subscribed to the topic "t" of that namespace.
  static constexpr std::string_view kStaticRoutes = R"(
routes:
  - { path: "/sub/{room}", static: { subscribe: [t] } }
)";

  // All nodes are ready. `yaml` is each node's configuration, without addresses and backplane. A
  // failure is the test's, and null.
  static std::unique_ptr<Cluster> Start(size_t nodes, std::string_view yaml = kStaticRoutes,
                                        std::vector<std::string> redis_options = {});

  size_t size() const { return nodes_.size(); }
  NodeProcess& node(size_t i) { return *nodes_[i]; }
  RedisProcess& redis() { return *redis_; }
  // From a node to Redis.
  TcpProxy& way(size_t i) { return *ways_[i]; }

  // Starts one more node, with the same configuration; its place. A failure is the test's.
  size_t Add(std::vector<std::string> arguments = {});
  // Waits until the node says that it is ready, or that it is not.
  bool AwaitReady(size_t i, std::chrono::milliseconds limit = std::chrono::seconds(10));
  bool AwaitNotReady(size_t i, std::chrono::milliseconds limit = std::chrono::seconds(10));

 private:
  Cluster() = default;
  bool AwaitStatus(size_t i, int status, std::chrono::milliseconds limit);

  std::string yaml_;
  std::unique_ptr<RedisProcess> redis_;
  std::vector<std::unique_ptr<TcpProxy>> ways_;
  std::vector<std::unique_ptr<NodeProcess>> nodes_;
};

}  // namespace hookcast::testing
