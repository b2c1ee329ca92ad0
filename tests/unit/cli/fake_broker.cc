#include "tests/unit/cli/fake_broker.h"

#include <grpcpp/server.h>
#include <grpcpp/server_builder.h>

#include <chrono>
#include <mutex>
#include <utility>

#include "hookcast/v1/broker.grpc.pb.h"

namespace hookcast::cli {

namespace {

grpc::Status ToGrpc(const absl::Status& status) {
  return grpc::Status(static_cast<grpc::StatusCode>(status.code()), std::string(status.message()));
}

// Sends what is watched and ends as told, or when it is cancelled. Deletes itself.
class Watcher final : public grpc::ServerWriteReactor<v1::WatchEvent> {
 public:
  explicit Watcher(FakeBroker::Watched watched) : watched_(std::move(watched)) {
    StartSendInitialMetadata();  // as a node does when it has begun to watch
    Next();
  }

  void OnWriteDone(bool ok) override {
    if (ok) return Next();
    Finish(grpc::Status::CANCELLED);
  }
  void OnCancel() override {
    {
      const std::lock_guard<std::mutex> lock(mutex_);
      cancelled_ = true;
      if (!idle_) return;
    }
    Finish(grpc::Status::CANCELLED);
  }
  void OnDone() override { delete this; }

 private:
  void Next() {
    if (next_ < watched_.events.size()) return StartWrite(&watched_.events[next_++]);
    if (watched_.end) return Finish(ToGrpc(*watched_.end));
    {
      const std::lock_guard<std::mutex> lock(mutex_);
      idle_ = true;
      if (!cancelled_) return;
    }
    Finish(grpc::Status::CANCELLED);
  }

  const FakeBroker::Watched watched_;
  size_t next_ = 0;
  std::mutex mutex_;
  bool idle_ = false;  // nothing is being written
  bool cancelled_ = false;
};

}  // namespace

class FakeBroker::Service final
    : public v1::BrokerService::WithCallbackMethod_Watch<v1::BrokerService::Service> {
 public:
  Service(FakeBroker* fake, int port) : fake_(fake) {
    grpc::ServerBuilder builder;
    builder.AddListeningPort("127.0.0.1:" + std::to_string(port), grpc::InsecureServerCredentials(),
                             &port_);
    builder.RegisterService(this);
    server_ = builder.BuildAndStart();
  }
  ~Service() override { server_->Shutdown(std::chrono::system_clock::now()); }

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
  grpc::Status PublishBatch(grpc::ServerContext* context, const v1::PublishBatchRequest* request,
                            v1::PublishBatchResponse* response) override {
    return Answer(context, fake_->publish_batch, *request, response);
  }
  grpc::Status Subscribe(grpc::ServerContext* context, const v1::SubscribeRequest* request,
                         v1::SubscribeResponse* response) override {
    return Answer(context, fake_->subscribe, *request, response);
  }
  grpc::Status Unsubscribe(grpc::ServerContext* context, const v1::UnsubscribeRequest* request,
                           v1::UnsubscribeResponse* response) override {
    return Answer(context, fake_->unsubscribe, *request, response);
  }
  grpc::Status ListTopics(grpc::ServerContext* context, const v1::ListTopicsRequest* request,
                          v1::ListTopicsResponse* response) override {
    return Answer(context, fake_->list_topics, *request, response);
  }
  grpc::Status History(grpc::ServerContext* context, const v1::HistoryRequest* request,
                       v1::HistoryResponse* response) override {
    return Answer(context, fake_->history, *request, response);
  }
  grpc::Status ListNamespaces(grpc::ServerContext* context,
                              const v1::ListNamespacesRequest* request,
                              v1::ListNamespacesResponse* response) override {
    return Answer(context, fake_->list_namespaces, *request, response);
  }
  grpc::ServerWriteReactor<v1::WatchEvent>* Watch(grpc::CallbackServerContext* context,
                                                  const v1::WatchRequest* request) override {
    KeepAuthorization(*context);
    if (!fake_->watch) return new Watcher({{}, absl::UnimplementedError("")});
    return new Watcher(fake_->watch(*request));
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
  grpc::Status ListNodes(grpc::ServerContext* context, const v1::ListNodesRequest* request,
                         v1::ListNodesResponse* response) override {
    return Answer(context, fake_->list_nodes, *request, response);
  }
  grpc::Status DrainNode(grpc::ServerContext* context, const v1::DrainNodeRequest* request,
                         v1::DrainNodeResponse* response) override {
    return Answer(context, fake_->drain_node, *request, response);
  }
  grpc::Status Ping(grpc::ServerContext* context, const v1::PingRequest* request,
                    v1::PingResponse* response) override {
    return Answer(context, fake_->ping, *request, response);
  }

 private:
  template <typename Request, typename Response>
  grpc::Status Answer(grpc::ServerContext* context, const Handler<Request, Response>& handler,
                      const Request& request, Response* response) {
    KeepAuthorization(*context);
    if (!handler) return grpc::Status(grpc::StatusCode::UNIMPLEMENTED, "");
    return ToGrpc(handler(request, response));
  }

  void KeepAuthorization(const grpc::ServerContextBase& context) {
    const std::lock_guard<std::mutex> lock(mutex_);
    const auto found = context.client_metadata().find("authorization");
    authorization_ = found == context.client_metadata().end()
                         ? ""
                         : std::string(found->second.data(), found->second.size());
  }

  FakeBroker* const fake_;
  mutable std::mutex mutex_;
  std::string authorization_;
  int port_ = 0;
  std::unique_ptr<grpc::Server> server_;
};

FakeBroker::FakeBroker(int port) : service_(std::make_unique<Service>(this, port)) {}
FakeBroker::~FakeBroker() = default;

int FakeBroker::port() const { return service_->port(); }

std::string FakeBroker::address() const { return "127.0.0.1:" + std::to_string(port()); }

std::string FakeBroker::authorization() const { return service_->authorization(); }

}  // namespace hookcast::cli
