#pragma once

#include <grpcpp/create_channel.h>
#include <grpcpp/security/credentials.h>

#include <memory>
#include <string>

#include "broker/control/cluster_token.h"
#include "broker/control/control_server.h"
#include "broker/control/tokens.h"
#include "hookcast/v1/broker.grpc.pb.h"
#include "tests/unit/broker/control/node_under_test.h"

namespace hookcast::control {

// A node with its control port open, and a client of it.
struct ServerUnderTest {
  explicit ServerUnderTest(size_t shards = 2, const config::AuthConfig& auth = {})
      : ServerUnderTest(shards, {0xfeed}, /*alone=*/true, "", auth) {}

  ServerUnderTest(size_t shards, Incarnation incarnation, bool alone, const std::string& shared,
                  const config::AuthConfig& auth = {})
      : node(shards, incarnation, alone, shared),
        tokens(*Tokens::Read(auth, &node.clock(), &node.metrics())),
        cluster_token(*ClusterToken::Read({.token = shared})),
        server(*ControlServer::Start("127.0.0.1:0", parts())) {
    channel = grpc::CreateChannel("127.0.0.1:" + std::to_string(server->port()),
                                  grpc::InsecureChannelCredentials());
    stub = v1::BrokerService::NewStub(channel);
  }

  ControlParts parts() {
    return {.handlers = &node.handlers(),
            .cluster_handlers = &node.cluster_handlers(),
            .tokens = tokens.get(),
            .cluster_token = &cluster_token,
            .post = nullptr};
  }
  std::string address() const { return "127.0.0.1:" + std::to_string(server->port()); }

  NodeUnderTest node;
  std::unique_ptr<Tokens> tokens;
  ClusterToken cluster_token;
  std::unique_ptr<ControlServer> server;
  std::shared_ptr<grpc::Channel> channel;
  std::unique_ptr<v1::BrokerService::Stub> stub;
};

inline v1::PublishRequest Publication(const std::string& text) {
  v1::PublishRequest request;
  request.set_namespace_("/a");
  request.set_topic("t");
  request.mutable_data()->set_text(text);
  return request;
}

}  // namespace hookcast::control
