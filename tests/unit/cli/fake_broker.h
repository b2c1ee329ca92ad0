#pragma once

#include <functional>
#include <memory>
#include <optional>
#include <string>
#include <vector>

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

  // What a watcher is sent, and what ends its stream; without an end it stays open.
  struct Watched {
    std::vector<v1::WatchEvent> events;
    std::optional<absl::Status> end;
  };

  // 0: a free port.
  explicit FakeBroker(int port = 0);
  // Calls that go on are cancelled.
  ~FakeBroker();

  int port() const;
  std::string address() const;  // "127.0.0.1:<port>"

  Handler<v1::PublishRequest, v1::PublishResponse> publish;
  Handler<v1::PublishBatchRequest, v1::PublishBatchResponse> publish_batch;
  Handler<v1::SendRequest, v1::SendResponse> send;
  Handler<v1::SubscribeRequest, v1::SubscribeResponse> subscribe;
  Handler<v1::UnsubscribeRequest, v1::UnsubscribeResponse> unsubscribe;
  Handler<v1::ClosePeersRequest, v1::ClosePeersResponse> close;
  Handler<v1::TerminateRequest, v1::TerminateResponse> terminate;
  Handler<v1::GetPeerRequest, v1::GetPeerResponse> get_peer;
  Handler<v1::ListPeersRequest, v1::ListPeersResponse> list_peers;
  Handler<v1::ListTopicsRequest, v1::ListTopicsResponse> list_topics;
  Handler<v1::HistoryRequest, v1::HistoryResponse> history;
  Handler<v1::ListNamespacesRequest, v1::ListNamespacesResponse> list_namespaces;
  Handler<v1::ListNodesRequest, v1::ListNodesResponse> list_nodes;
  Handler<v1::DrainNodeRequest, v1::DrainNodeResponse> drain_node;
  Handler<v1::PingRequest, v1::PingResponse> ping;
  std::function<Watched(const v1::WatchRequest&)> watch;

  // Goes into the trailer of a publish that fails, if it holds anything.
  std::string publish_failure;

  // Of the latest call.
  std::string authorization() const;

 private:
  class Service;
  std::unique_ptr<Service> service_;
};

}  // namespace hookcast::cli
