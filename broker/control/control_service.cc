#include "broker/control/control_service.h"

#include <grpcpp/server_context.h>
#include <grpcpp/support/server_callback.h>

#include <chrono>
#include <optional>
#include <string>
#include <string_view>
#include <utility>

#include "broker/base/log.h"
#include "broker/base/mutex.h"
#include "broker/base/seldom.h"
#include "broker/control/cluster_handlers.h"
#include "broker/control/cluster_token.h"
#include "broker/control/grpc_status.h"
#include "broker/control/handlers.h"
#include "broker/control/methods.h"
#include "broker/control/node_links.h"
#include "broker/control/publish_stream.h"
#include "broker/control/tokens.h"
#include "broker/control/watch_stream.h"
#include "broker/control/wire.h"
#include "hookcast/v1/broker.grpc.pb.h"
#include "hookcast/v1/node.grpc.pb.h"

namespace hookcast::control {
namespace {

using config::Scope;
using grpc::CallbackServerContext;
using grpc::ServerUnaryReactor;

std::optional<std::string_view> MetadataOf(const CallbackServerContext& context, const char* name) {
  const auto& metadata = context.client_metadata();
  const auto found = metadata.find(name);
  if (found == metadata.end()) return std::nullopt;
  return std::string_view(found->second.data(), found->second.size());
}

// Whom the port lets in.
class Door {
 public:
  explicit Door(const ControlParts& parts) : parts_(parts) {}

  absl::Status Check(const CallbackServerContext& context, Scope needed) const {
    return parts_.tokens->Check(MetadataOf(context, "authorization").value_or(""), needed);
  }

  // Of a call between nodes: meant for this node, and made by one that knows the cluster's token.
  // Where there is none, a node is a caller like any other.
  absl::Status CheckNode(const CallbackServerContext& context, Scope needed) const {
    const std::string& own = parts_.handlers->node();
    if (parts_.cluster_token->empty()) {
      if (absl::Status status = Check(context, needed); !status.ok()) return status;
    } else if (!parts_.cluster_token->Matches(
                   MetadataOf(context, kClusterTokenMetadata).value_or(""))) {
      parts_.handlers->watchers().metrics().auth_refused.Add(metrics::AuthRefusal::kClusterToken);
      TellRefusal(context);
      return absl::UnauthenticatedError(
          "a call between nodes needs the cluster's token; set the same cluster.token on all");
    }
    if (MetadataOf(context, kNodeMetadata) != own) {
      return absl::FailedPreconditionError(absl::StrCat("this is node ", own));
    }
    return absl::OkStatus();
  }

 private:
  void TellRefusal(const CallbackServerContext& context) const {
    {
      const MutexLock lock(&mutex_);
      if (!refusals_.Pass(Clock::System().Now())) return;
    }
    log::Warn("what calls as a node of this cluster was refused: its cluster.token is another",
              {{"from", context.peer()}});
  }

  const ControlParts parts_;
  mutable Mutex mutex_;
  mutable Seldom refusals_ HOOKCAST_GUARDED_BY(mutex_){std::chrono::minutes(1)};  // logged
};

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
  explicit ControlService(const ControlParts& parts)
      : local_(parts.handlers), cluster_(parts.cluster_handlers), door_(parts) {}

// The generated method of each call, answered by the handler of its name.
#define HOOKCAST_SERVE(Method, scope)                                                              \
  ServerUnaryReactor* Method(CallbackServerContext* context, const grpc::ByteBuffer* request,      \
                             grpc::ByteBuffer* response) override {                                \
    if (MetadataOf(*context, kNodeMetadata)) {                                                     \
      return Answered(context, door_.CheckNode(*context, Scope::scope), local_, &Handlers::Method, \
                      *request, response);                                                         \
    }                                                                                              \
    return Answered(context, door_.Check(*context, Scope::scope), cluster_,                        \
                    &ClusterHandlers::Method, *request, response);                                 \
  }
  HOOKCAST_UNARY_METHODS(HOOKCAST_SERVE)
#undef HOOKCAST_SERVE

  grpc::ServerReadReactor<grpc::ByteBuffer>* PublishStream(CallbackServerContext* context,
                                                           grpc::ByteBuffer* response) override {
    if (absl::Status status = door_.Check(*context, Scope::kPublish); !status.ok()) {
      return new Refused<grpc::ServerReadReactor<grpc::ByteBuffer>>(status);
    }
    return new control::PublishStream(local_, response);  // deletes itself
  }
  grpc::ServerWriteReactor<v1::WatchEvent>* Watch(CallbackServerContext* context,
                                                  const v1::WatchRequest* request) override {
    if (absl::Status status = door_.Check(*context, Scope::kRead); !status.ok()) {
      return new Refused<grpc::ServerWriteReactor<v1::WatchEvent>>(status);
    }
    return WatchStream::Begin(local_, *request);
  }

 private:
  // Also for a call whose client has gone: gRPC keeps context and response until Finish, and drops
  // what it is finished with.
  template <typename Owner, typename Request, typename Response>
  static ServerUnaryReactor* Answered(CallbackServerContext* context, absl::Status status,
                                      Owner* owner,
                                      void (Owner::*method)(const Request&, Answer<Response>),
                                      const grpc::ByteBuffer& bytes, grpc::ByteBuffer* response) {
    ServerUnaryReactor* const reactor = context->DefaultReactor();
    Request request;
    if (status.ok()) status = ReadRequest(bytes, &request);
    if (!status.ok()) {
      reactor->Finish(ToGrpc(status));
      return reactor;
    }
    (owner->*method)(request, [context, reactor, response](absl::StatusOr<Response> answer) {
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

  Handlers* const local_;
  ClusterHandlers* const cluster_;
  const Door door_;
};

class NodeService final : public v1::NodeService::CallbackService {
 public:
  explicit NodeService(const ControlParts& parts) : post_(parts.post), door_(parts) {}

  ServerUnaryReactor* Post(CallbackServerContext* context, const v1::PostRequest* request,
                           v1::PostResponse* response) override {
    ServerUnaryReactor* const reactor = context->DefaultReactor();
    absl::Status status = door_.CheckNode(*context, Scope::kPublish);
    if (status.ok() && post_ == nullptr) status = absl::UnimplementedError("no posts are taken");
    if (!status.ok()) {
      reactor->Finish(ToGrpc(status));
      return reactor;
    }
    post_(*request, [reactor, response](absl::StatusOr<v1::PostResponse> answer) {
      if (answer.ok()) response->Swap(&*answer);
      reactor->Finish(ToGrpc(answer.status()));
    });
    return reactor;
  }

 private:
  const std::function<void(const v1::PostRequest&, Answer<v1::PostResponse>)> post_;
  const Door door_;
};

}  // namespace

std::unique_ptr<grpc::Service> MakeControlService(const ControlParts& parts) {
  return std::make_unique<ControlService>(parts);
}

std::unique_ptr<grpc::Service> MakeNodeService(const ControlParts& parts) {
  return std::make_unique<NodeService>(parts);
}

}  // namespace hookcast::control
