#include "broker/control/control_service.h"

#include <grpcpp/server_context.h>
#include <grpcpp/support/server_callback.h>

#include <string>
#include <utility>

#include "absl/strings/str_cat.h"
#include "broker/control/grpc_status.h"
#include "broker/control/handlers.h"
#include "broker/control/publish_stream.h"
#include "broker/control/watch_stream.h"
#include "hookcast/v1/broker.grpc.pb.h"

namespace hookcast::control {
namespace {

using grpc::CallbackServerContext;
using grpc::ServerUnaryReactor;

grpc::Status NotYet(const char* method) {
  return {grpc::StatusCode::UNIMPLEMENTED,
          absl::StrCat(method, " is not part of this version of hookcast")};
}

class ControlService final : public v1::BrokerService::CallbackService {
 public:
  explicit ControlService(Handlers* handlers) : handlers_(handlers) {}

  ServerUnaryReactor* Publish(CallbackServerContext* context, const v1::PublishRequest* request,
                              v1::PublishResponse* response) override {
    return Answered(context, &Handlers::Publish, *request, response);
  }
  ServerUnaryReactor* PublishBatch(CallbackServerContext* context,
                                   const v1::PublishBatchRequest* request,
                                   v1::PublishBatchResponse* response) override {
    return Answered(context, &Handlers::PublishBatch, *request, response);
  }
  grpc::ServerReadReactor<v1::PublishRequest>* PublishStream(
      CallbackServerContext*, v1::PublishStreamResponse* response) override {
    return new control::PublishStream(handlers_, response);  // deletes itself
  }
  ServerUnaryReactor* Send(CallbackServerContext* context, const v1::SendRequest* request,
                           v1::SendResponse* response) override {
    return Answered(context, &Handlers::Send, *request, response);
  }
  ServerUnaryReactor* Subscribe(CallbackServerContext* context, const v1::SubscribeRequest* request,
                                v1::SubscribeResponse* response) override {
    return Answered(context, &Handlers::Subscribe, *request, response);
  }
  ServerUnaryReactor* Unsubscribe(CallbackServerContext* context,
                                  const v1::UnsubscribeRequest* request,
                                  v1::UnsubscribeResponse* response) override {
    return Answered(context, &Handlers::Unsubscribe, *request, response);
  }
  ServerUnaryReactor* Close(CallbackServerContext* context, const v1::ClosePeersRequest* request,
                            v1::ClosePeersResponse* response) override {
    return Answered(context, &Handlers::Close, *request, response);
  }
  ServerUnaryReactor* Terminate(CallbackServerContext* context, const v1::TerminateRequest* request,
                                v1::TerminateResponse* response) override {
    return Answered(context, &Handlers::Terminate, *request, response);
  }
  ServerUnaryReactor* GetPeer(CallbackServerContext* context, const v1::GetPeerRequest* request,
                              v1::GetPeerResponse* response) override {
    return Answered(context, &Handlers::GetPeer, *request, response);
  }
  ServerUnaryReactor* ListPeers(CallbackServerContext* context, const v1::ListPeersRequest* request,
                                v1::ListPeersResponse* response) override {
    return Answered(context, &Handlers::ListPeers, *request, response);
  }
  ServerUnaryReactor* ListNodes(CallbackServerContext* context, const v1::ListNodesRequest* request,
                                v1::ListNodesResponse* response) override {
    return Answered(context, &Handlers::ListNodes, *request, response);
  }
  ServerUnaryReactor* Ping(CallbackServerContext* context, const v1::PingRequest* request,
                           v1::PingResponse* response) override {
    return Answered(context, &Handlers::Ping, *request, response);
  }

  ServerUnaryReactor* ListTopics(CallbackServerContext* context,
                                 const v1::ListTopicsRequest* request,
                                 v1::ListTopicsResponse* response) override {
    return Answered(context, &Handlers::ListTopics, *request, response);
  }
  ServerUnaryReactor* ListNamespaces(CallbackServerContext* context,
                                     const v1::ListNamespacesRequest* request,
                                     v1::ListNamespacesResponse* response) override {
    return Answered(context, &Handlers::ListNamespaces, *request, response);
  }
  ServerUnaryReactor* History(CallbackServerContext* context, const v1::HistoryRequest*,
                              v1::HistoryResponse*) override {
    return Ended(context, NotYet("History"));
  }
  ServerUnaryReactor* DrainNode(CallbackServerContext* context, const v1::DrainNodeRequest*,
                                v1::DrainNodeResponse*) override {
    return Ended(context, NotYet("DrainNode"));
  }
  grpc::ServerWriteReactor<v1::WatchEvent>* Watch(CallbackServerContext*,
                                                  const v1::WatchRequest* request) override {
    return WatchStream::Begin(handlers_, *request);
  }

 private:
  static ServerUnaryReactor* Ended(CallbackServerContext* context, const grpc::Status& status) {
    ServerUnaryReactor* const reactor = context->DefaultReactor();
    reactor->Finish(status);
    return reactor;
  }

  // Also for a call whose client has gone: gRPC keeps context, request and response until Finish,
  // and drops what it is finished with.
  template <typename Request, typename Response>
  ServerUnaryReactor* Answered(CallbackServerContext* context,
                               void (Handlers::*method)(const Request&, Answer<Response>),
                               const Request& request, Response* response) {
    ServerUnaryReactor* const reactor = context->DefaultReactor();
    (handlers_->*method)(request, [context, reactor, response](absl::StatusOr<Response> answer) {
      if (answer.ok()) {
        *response = *std::move(answer);
        return reactor->Finish(grpc::Status::OK);
      }
      if (const auto failure = answer.status().GetPayload(kPublishFailure)) {
        context->AddTrailingMetadata(kPublishFailure, std::string(*failure));
      }
      reactor->Finish(ToGrpc(answer.status()));
    });
    return reactor;
  }

  Handlers* const handlers_;
};

}  // namespace

std::unique_ptr<grpc::Service> MakeControlService(Handlers* handlers) {
  return std::make_unique<ControlService>(handlers);
}

}  // namespace hookcast::control
