#pragma once

#include <functional>
#include <memory>
#include <string>

#include "absl/status/status.h"
#include "hookcast/v1/broker.pb.h"

namespace hookcast::cli {

// A node's BrokerService on a real gRPC server at a port of its own, which answers as a test says.
// A call whose handler is not set is UNIMPLEMENTED.
//
// Thread: handlers run on gRPC's threads; set them before the first call.
class FakeBroker {
 public:
  template <typename Request, typename Response>
  using Handler = std::function<absl::Status(const Request&, Response*)>;

  FakeBroker();
  ~FakeBroker();

  std::string address() const;  // "127.0.0.1:<port>"

  Handler<v1::PublishRequest, v1::PublishResponse> publish;
  Handler<v1::SendRequest, v1::SendResponse> send;
  Handler<v1::ClosePeersRequest, v1::ClosePeersResponse> close;
  Handler<v1::TerminateRequest, v1::TerminateResponse> terminate;
  Handler<v1::GetPeerRequest, v1::GetPeerResponse> get_peer;
  Handler<v1::ListPeersRequest, v1::ListPeersResponse> list_peers;
  Handler<v1::PingRequest, v1::PingResponse> ping;

  // Goes into the trailer of a publish that fails, if it holds anything.
  std::string publish_failure;

  // Of the latest call.
  std::string authorization() const;

 private:
  class Service;
  std::unique_ptr<Service> service_;
};

}  // namespace hookcast::cli
