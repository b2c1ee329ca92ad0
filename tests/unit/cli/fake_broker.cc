#include "tests/unit/cli/fake_broker.h"

#include <grpcpp/server.h>
#include <grpcpp/server_builder.h>

#include <mutex>

#include "hookcast/v1/broker.grpc.pb.h"

namespace hookcast::cli {

class FakeBroker::Service final : public v1::BrokerService::Service {
 public:
  explicit Service(FakeBroker* fake) : fake_(fake) {
    grpc::ServerBuilder builder;
    builder.AddListeningPort("127.0.0.1:0", grpc::InsecureServerCredentials(), &port_);
    builder.RegisterService(this);
    server_ = builder.BuildAndStart();
  }
  ~Service() override { server_->Shutdown(); }

  int port() const { return port_; }

  std::string authorization() const {
    const std::lock_guard<std::mutex> lock(mutex_);
    return authorization_;
  }

  grpc::Status Publish(grpc::ServerContext* context, const v1::PublishRequest* request,
                       v1::PublishResponse* response) override {
    if (!fake_->publish_failure.empty()) {
      context->AddTrailingMetadata("hookcast-publish-failure-bin", fake_->publish_failure);
    }
    return Answer(context, fake_->publish, *request, response);
  }
  grpc::Status Send(grpc::ServerContext* context, const v1::SendRequest* request,
                    v1::SendResponse* response) override {
    return Answer(context, fake_->send, *request, response);
  }
  grpc::Status Close(grpc::ServerContext* context, const v1::ClosePeersRequest* request,
                     v1::ClosePeersResponse* response) override {
    return Answer(context, fake_->close, *request, response);
  }
  grpc::Status Terminate(grpc::ServerContext* context, const v1::TerminateRequest* request,
                         v1::TerminateResponse* response) override {
    return Answer(context, fake_->terminate, *request, response);
  }
  grpc::Status GetPeer(grpc::ServerContext* context, const v1::GetPeerRequest* request,
                       v1::GetPeerResponse* response) override {
    return Answer(context, fake_->get_peer, *request, response);
  }
  grpc::Status ListPeers(grpc::ServerContext* context, const v1::ListPeersRequest* request,
                         v1::ListPeersResponse* response) override {
    return Answer(context, fake_->list_peers, *request, response);
  }
  grpc::Status Ping(grpc::ServerContext* context, const v1::PingRequest* request,
                    v1::PingResponse* response) override {
    return Answer(context, fake_->ping, *request, response);
  }

 private:
  template <typename Request, typename Response>
  grpc::Status Answer(grpc::ServerContext* context, const Handler<Request, Response>& handler,
                      const Request& request, Response* response) {
    {
      const std::lock_guard<std::mutex> lock(mutex_);
      const auto found = context->client_metadata().find("authorization");
      authorization_ = found == context->client_metadata().end()
                           ? ""
                           : std::string(found->second.data(), found->second.size());
    }
    if (!handler) return grpc::Status(grpc::StatusCode::UNIMPLEMENTED, "");
    const absl::Status status = handler(request, response);
    return grpc::Status(static_cast<grpc::StatusCode>(status.code()),
                        std::string(status.message()));
  }

  FakeBroker* const fake_;
  mutable std::mutex mutex_;
  std::string authorization_;
  int port_ = 0;
  std::unique_ptr<grpc::Server> server_;
};

FakeBroker::FakeBroker() : service_(std::make_unique<Service>(this)) {}
FakeBroker::~FakeBroker() = default;

std::string FakeBroker::address() const { return "127.0.0.1:" + std::to_string(service_->port()); }

std::string FakeBroker::authorization() const { return service_->authorization(); }

}  // namespace hookcast::cli
