#include "broker/control/control_service.h"

#include <grpcpp/server_context.h>
#include <grpcpp/support/server_callback.h>

#include <string>
#include <string_view>
#include <utility>

#include "broker/control/grpc_status.h"
#include "broker/control/handlers.h"
#include "broker/control/methods.h"
#include "broker/control/publish_stream.h"
#include "broker/control/tokens.h"
#include "broker/control/watch_stream.h"
#include "broker/control/wire.h"
#include "hookcast/v1/broker.grpc.pb.h"

namespace hookcast::control {
namespace {

using config::Scope;
using grpc::CallbackServerContext;
using grpc::ServerUnaryReactor;

// A call that ends before it begins.
template <typename Reactor>
class Refused final : public Reactor {
 public:
  explicit Refused(const absl::Status& status) { this->Finish(ToGrpc(status)); }
  void OnDone() override { delete this; }
};

// Its calls but Watch read their requests themselves, so that one that cannot be read is answered
// with what is wrong.
#define HOOKCAST_RAW(Method, scope) v1::BrokerService::WithRawCallbackMethod_##Method <
#define HOOKCAST_CLOSE(Method, scope) >
using RawService = v1::BrokerService::WithRawCallbackMethod_PublishStream<
    v1::BrokerService::WithCallbackMethod_Watch<HOOKCAST_UNARY_METHODS(
        HOOKCAST_RAW) v1::BrokerService::Service HOOKCAST_UNARY_METHODS(HOOKCAST_CLOSE)>>;
#undef HOOKCAST_RAW
#undef HOOKCAST_CLOSE

class ControlService final : public RawService {
 public:
  ControlService(Handlers* handlers, Tokens* tokens) : handlers_(handlers), tokens_(tokens) {}

// The generated method of each call, answered by the handler of its name.
#define HOOKCAST_SERVE(Method, scope)                                                         \
  ServerUnaryReactor* Method(CallbackServerContext* context, const grpc::ByteBuffer* request, \
                             grpc::ByteBuffer* response) override {                           \
    return Answered(context, Scope::scope, &Handlers::Method, *request, response);            \
  }
  HOOKCAST_UNARY_METHODS(HOOKCAST_SERVE)
#undef HOOKCAST_SERVE

  grpc::ServerReadReactor<grpc::ByteBuffer>* PublishStream(CallbackServerContext* context,
                                                           grpc::ByteBuffer* response) override {
    if (absl::Status status = Check(*context, Scope::kPublish); !status.ok()) {
      return new Refused<grpc::ServerReadReactor<grpc::ByteBuffer>>(status);
    }
    return new control::PublishStream(handlers_, response);  // deletes itself
  }
  grpc::ServerWriteReactor<v1::WatchEvent>* Watch(CallbackServerContext* context,
                                                  const v1::WatchRequest* request) override {
    if (absl::Status status = Check(*context, Scope::kRead); !status.ok()) {
      return new Refused<grpc::ServerWriteReactor<v1::WatchEvent>>(status);
    }
    return WatchStream::Begin(handlers_, *request);
  }

 private:
  absl::Status Check(const CallbackServerContext& context, Scope needed) {
    const auto& metadata = context.client_metadata();
    const auto found = metadata.find("authorization");
    if (found == metadata.end()) return tokens_->Check({}, needed);
    return tokens_->Check({found->second.data(), found->second.size()}, needed);
  }

  // Also for a call whose client has gone: gRPC keeps context and response until Finish, and drops
  // what it is finished with.
  template <typename Request, typename Response>
  ServerUnaryReactor* Answered(CallbackServerContext* context, Scope needed,
                               void (Handlers::*method)(const Request&, Answer<Response>),
                               const grpc::ByteBuffer& bytes, grpc::ByteBuffer* response) {
    ServerUnaryReactor* const reactor = context->DefaultReactor();
    Request request;
    absl::Status status = Check(*context, needed);
    if (status.ok()) status = ReadRequest(bytes, &request);
    if (!status.ok()) {
      reactor->Finish(ToGrpc(status));
      return reactor;
    }
    (handlers_->*method)(request, [context, reactor, response](absl::StatusOr<Response> answer) {
      if (answer.ok()) {
        WriteResponse(*answer, response);
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
  Tokens* const tokens_;
};

}  // namespace

std::unique_ptr<grpc::Service> MakeControlService(Handlers* handlers, Tokens* tokens) {
  return std::make_unique<ControlService>(handlers, tokens);
}

}  // namespace hookcast::control
