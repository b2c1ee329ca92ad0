#pragma once

#include <grpcpp/create_channel.h>
#include <grpcpp/security/credentials.h>

#include <memory>
#include <string>

#include "broker/control/control_server.h"
#include "broker/control/tokens.h"
#include "hookcast/v1/broker.grpc.pb.h"
#include "tests/unit/broker/control/node_under_test.h"

namespace hookcast::control {

// A node with its control port open, and a client of it.
struct ServerUnderTest {
  explicit ServerUnderTest(size_t shards = 2, const config::AuthConfig& auth = {})
      : node(shards),
        tokens(*Tokens::Read(auth, &node.clock(), &node.metrics())),
        server(*ControlServer::Start("127.0.0.1:0", &node.handlers(), tokens.get())) {
    channel = grpc::CreateChannel("127.0.0.1:" + std::to_string(server->port()),
                                  grpc::InsecureChannelCredentials());
    stub = v1::BrokerService::NewStub(channel);
  }

  NodeUnderTest node;
  std::unique_ptr<Tokens> tokens;
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
