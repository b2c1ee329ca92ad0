#pragma once

#include <chrono>
#include <memory>
#include <string>

#include "absl/status/statusor.h"
#include "broker/control/control_service.h"

namespace grpc {
class Server;
}  // namespace grpc

namespace hookcast::control {

// The control port: BrokerService, NodeService, gRPC's reflection, and grpc.health.v1 for the
// server ("") and for "hookcast.v1.BrokerService". The last two ask for no token: what they tell is
// public. Serves with gRPC's own threads.
//
// Thread: any, but for construction and Shutdown: main.
class ControlServer {
 public:
  // A larger request is RESOURCE_EXHAUSTED.
  static constexpr int kMaxRequestBytes = (16 << 20) + (64 << 10);

  // Listens on "host:port"; port 0 lets the system choose. Health is NOT_SERVING at first. Fails
  // with a sentence that names the address and why it cannot be had. The parts outlive the
  // server.
  static absl::StatusOr<std::unique_ptr<ControlServer>> Start(const std::string& address,
                                                              const ControlParts& parts);
  ControlServer(const ControlServer&) = delete;
  ControlServer& operator=(const ControlServer&) = delete;
  // Shuts down at once, if that was not done.
  ~ControlServer();

  int port() const { return port_; }
  // What grpc.health.v1 says from now on.
  void SetServing(bool serving);

  // Ends those who watch, takes no new calls, and returns when those under way have ended; what
  // lasts longer than `grace` is cancelled. No handler's answer is waited for afterwards. REQUIRES:
  // the shards' loops run.
  void Shutdown(std::chrono::milliseconds grace);

 private:
  explicit ControlServer(Handlers* handlers);

  Handlers* const handlers_;
  std::unique_ptr<grpc::Service> service_;
  std::unique_ptr<grpc::Service> node_service_;
  std::unique_ptr<grpc::Server> server_;
  int port_ = 0;
};

}  // namespace hookcast::control
