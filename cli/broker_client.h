#pragma once

#include <memory>

#include "absl/status/statusor.h"
#include "cli/options.h"
#include "hookcast/v1/broker.pb.h"

namespace hookcast::cli {

// The calls of BrokerService, without gRPC's headers: those cost a compiler ten seconds a file, and
// commands need none of them. Every error is a failure that is ready to be shown (failure.h).
//
// Thread: any one thread. A call returns when it is answered, or options.timeout is over.
class BrokerClient {
 public:
  // Connects, and waits until the other side has proved to speak gRPC. Sends no call.
  // Errors: unreachable failures; a usage failure for a token that no header can carry.
  static absl::StatusOr<std::unique_ptr<BrokerClient>> Connect(const GlobalOptions& options);

  ~BrokerClient();
  BrokerClient(const BrokerClient&) = delete;
  BrokerClient& operator=(const BrokerClient&) = delete;

  absl::StatusOr<v1::PublishResponse> Publish(const v1::PublishRequest& request);
  absl::StatusOr<v1::SendResponse> Send(const v1::SendRequest& request);
  absl::StatusOr<v1::ClosePeersResponse> Close(const v1::ClosePeersRequest& request);
  absl::StatusOr<v1::TerminateResponse> Terminate(const v1::TerminateRequest& request);
  absl::StatusOr<v1::GetPeerResponse> GetPeer(const v1::GetPeerRequest& request);
  absl::StatusOr<v1::ListPeersResponse> ListPeers(const v1::ListPeersRequest& request);
  absl::StatusOr<v1::PingResponse> Ping(const v1::PingRequest& request);

 private:
  struct Link;
  explicit BrokerClient(std::unique_ptr<Link> link);

  const std::unique_ptr<Link> link_;
};

}  // namespace hookcast::cli
