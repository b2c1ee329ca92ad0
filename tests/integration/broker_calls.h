#pragma once

#include <grpcpp/grpcpp.h>

#include <memory>
#include <string>

#include "hookcast/v1/broker.grpc.pb.h"

namespace hookcast::testing {

// Calls of a node's BrokerService, as an application makes them. Those that return no status are
// failures of the test where they fail.
//
// Thread: any.
class BrokerCalls {
 public:
  using Stub = v1::BrokerService::Stub;

  explicit BrokerCalls(const std::string& address)
      : stub_(v1::BrokerService::NewStub(
            grpc::CreateChannel(address, grpc::InsecureChannelCredentials()))) {}

  template <typename Request, typename Response>
  grpc::Status Call(grpc::Status (Stub::*method)(grpc::ClientContext*, const Request&, Response*),
                    const Request& request, Response* response) {
    grpc::ClientContext context;
    return ((*stub_).*method)(&context, request, response);
  }

  grpc::Status Publish(const std::string& ns, const std::string& topic, const v1::Data& data,
                       v1::PublishResponse* response);
  // To how many peers.
  uint64_t PublishText(const std::string& ns, const std::string& topic, const std::string& text);
  grpc::Status Send(const std::string& peer, const v1::Data& data);
  grpc::Status Subscribe(const std::string& peer, const std::string& topic);
  grpc::Status Unsubscribe(const std::string& peer, const std::string& topic);
  grpc::Status Close(const std::string& peer, uint32_t code, const std::string& reason);
  grpc::Status Terminate(const std::string& peer);
  v1::PeerInfo GetPeer(const std::string& peer);
  v1::ListPeersResponse ListPeers(const std::string& ns);

 private:
  const std::unique_ptr<Stub> stub_;
};

v1::Data TextData(const std::string& text);
v1::Data BinaryData(const std::string& bytes);

}  // namespace hookcast::testing
