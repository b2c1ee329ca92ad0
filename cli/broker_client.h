#pragma once

#include <memory>
#include <stop_token>

#include "absl/functional/function_ref.h"
#include "absl/status/statusor.h"
#include "cli/address.h"
#include "cli/options.h"
#include "hookcast/v1/broker.pb.h"

namespace hookcast::cli {

// The calls of BrokerService, without gRPC's headers: those cost a compiler ten seconds a file, and
// commands need none of them. Every error is a failure that is ready to be shown (failure.h).
//
// Thread: any one thread. A call returns when it is answered, or options.timeout is over.
class BrokerClient {
 public:
  // Connects to the first of the servers that can be, and waits until it has proved to speak gRPC;
  // each has its share of the time. Sends no call.
  // Errors: unreachable failures; a usage failure for a token that no header can carry.
  static absl::StatusOr<std::unique_ptr<BrokerClient>> Connect(const GlobalOptions& options);

  ~BrokerClient();
  BrokerClient(const BrokerClient&) = delete;
  BrokerClient& operator=(const BrokerClient&) = delete;

  // The one that it is connected to. No other is tried from then on.
  const Address& server() const;

  absl::StatusOr<v1::PublishResponse> Publish(const v1::PublishRequest& request);
  absl::StatusOr<v1::PublishBatchResponse> PublishBatch(const v1::PublishBatchRequest& request);
  absl::StatusOr<v1::SendResponse> Send(const v1::SendRequest& request);
  absl::StatusOr<v1::SubscribeResponse> Subscribe(const v1::SubscribeRequest& request);
  absl::StatusOr<v1::UnsubscribeResponse> Unsubscribe(const v1::UnsubscribeRequest& request);
  absl::StatusOr<v1::ClosePeersResponse> Close(const v1::ClosePeersRequest& request);
  absl::StatusOr<v1::TerminateResponse> Terminate(const v1::TerminateRequest& request);
  absl::StatusOr<v1::GetPeerResponse> GetPeer(const v1::GetPeerRequest& request);
  absl::StatusOr<v1::ListPeersResponse> ListPeers(const v1::ListPeersRequest& request);
  absl::StatusOr<v1::ListTopicsResponse> ListTopics(const v1::ListTopicsRequest& request);
  absl::StatusOr<v1::ListNamespacesResponse> ListNamespaces(
      const v1::ListNamespacesRequest& request);
  absl::StatusOr<v1::HistoryResponse> History(const v1::HistoryRequest& request);
  absl::StatusOr<v1::ListNodesResponse> ListNodes(const v1::ListNodesRequest& request);
  absl::StatusOr<v1::DrainNodeResponse> DrainNode(const v1::DrainNodeRequest& request);
  absl::StatusOr<v1::PingResponse> Ping(const v1::PingRequest& request);

  // Calls on_open, on this thread, when the node has answered, which it does when it has begun to
  // watch; then on_event for each event, until that answers false or a stop is requested; both are
  // ok. Where the node refuses, on_open may be called as well, before this returns. Takes as long
  // as that takes, whatever options.timeout says. Errors: UNAVAILABLE, with the reason alone, where
  // the node or the link to it is lost, so that another Connect and Watch may do; else failures.
  absl::Status Watch(const v1::WatchRequest& request, const std::stop_token& stop,
                     absl::FunctionRef<void()> on_open,
                     absl::FunctionRef<bool(const v1::WatchEvent&)> on_event);

 private:
  struct Link;
  explicit BrokerClient(std::unique_ptr<Link> link);

  const std::unique_ptr<Link> link_;
};

}  // namespace hookcast::cli
