#include "cli/broker_client.h"

#include <grpcpp/channel.h>
#include <grpcpp/client_context.h>
#include <grpcpp/create_channel.h>
#include <grpcpp/security/credentials.h>
#include <grpcpp/support/channel_arguments.h>

#include <algorithm>
#include <chrono>
#include <string>
#include <utility>
#include <vector>

#include "absl/strings/str_cat.h"
#include "absl/strings/str_join.h"
#include "absl/time/clock.h"
#include "cli/call_failure.h"
#include "cli/failure.h"
#include "cli/reach.h"
#include "cli/transport_words.h"
#include "hookcast/v1/broker.grpc.pb.h"

namespace hookcast::cli {
namespace {

using Clock = std::chrono::system_clock;
using Stub = v1::BrokerService::StubInterface;

constexpr char kPublishFailureTrailer[] = "hookcast-publish-failure-bin";

std::shared_ptr<grpc::Channel> MakeChannel(const std::string& target,
                                           const std::string& authority) {
  grpc::ChannelArguments arguments;
  arguments.SetString(GRPC_ARG_DEFAULT_AUTHORITY, authority);
  // --server says where the node is; a proxy for web pages has no part in it.
  arguments.SetInt(GRPC_ARG_ENABLE_HTTP_PROXY, 0);
  // A page of peers with large contexts is longer than gRPC's 4 MiB.
  arguments.SetMaxReceiveMessageSize(-1);
  // A second client of a process connects anew, rather than wait out the failures of the first.
  arguments.SetInt(GRPC_ARG_USE_LOCAL_SUBCHANNEL_POOL, 1);
  // Finds that a watched node's machine is gone. More often a node takes it for abuse.
  arguments.SetInt(GRPC_ARG_KEEPALIVE_TIME_MS, 6 * 60 * 1000);
  return grpc::CreateCustomChannel(target, grpc::InsecureChannelCredentials(), arguments);
}

// Connects; answers in which state that ended, or was at the deadline.
grpc_connectivity_state ConnectBy(grpc::Channel& channel, Clock::time_point deadline) {
  for (;;) {
    const grpc_connectivity_state state = channel.GetState(true);
    const bool pending = state == GRPC_CHANNEL_IDLE || state == GRPC_CHANNEL_CONNECTING;
    if (!pending || !channel.WaitForStateChange(state, deadline)) return state;
  }
}

absl::StatusOr<std::shared_ptr<grpc::Channel>> ConnectTo(const Address& address,
                                                         absl::Duration timeout) {
  const std::string server = address.ToString();
  const absl::Time start = absl::Now();
  const auto target = Reach(address, timeout);
  if (!target.ok()) {
    return UnreachableFailure(
        absl::StrCat("cannot reach a node at ", server, ": ", target.status().message()),
        "start one with hookcastd, or name another with --server host:port (or HOOKCAST_SERVER)");
  }
  auto channel = MakeChannel(*target, server);
  const absl::Duration left = timeout - (absl::Now() - start);
  const auto state = ConnectBy(*channel, Clock::now() + absl::ToChronoMilliseconds(left));
  if (state == GRPC_CHANNEL_READY) return channel;
  const bool silent = state != GRPC_CHANNEL_TRANSIENT_FAILURE;
  return UnreachableFailure(
      silent ? absl::StrCat("what listens at ", server, " did not answer within ",
                            absl::FormatDuration(timeout))
             : absl::StrCat("what listens at ", server, " does not speak gRPC"),
      "name a node's control port (8082 by default) with --server host:port (or HOOKCAST_SERVER)");
}

bool IsHeaderValue(const std::string& text) {
  return std::all_of(text.begin(), text.end(), [](char c) { return c > 0x20 && c < 0x7F; });
}

absl::Status FromGrpc(const grpc::Status& status) {
  return absl::Status(static_cast<absl::StatusCode>(status.error_code()), status.error_message());
}

// Codes that a stream ends with when its node goes, or the link to it: another try may do.
bool IsOfTheLink(grpc::StatusCode code) {
  return code == grpc::StatusCode::UNAVAILABLE || code == grpc::StatusCode::CANCELLED ||
         code == grpc::StatusCode::ABORTED || code == grpc::StatusCode::INTERNAL ||
         code == grpc::StatusCode::UNKNOWN;
}

std::optional<v1::PublishFailure> PublishFailureOf(const grpc::ClientContext& context) {
  const auto& trailers = context.GetServerTrailingMetadata();
  const auto found = trailers.find(kPublishFailureTrailer);
  v1::PublishFailure failure;
  if (found == trailers.end() ||
      !failure.ParseFromArray(found->second.data(), static_cast<int>(found->second.size()))) {
    return std::nullopt;
  }
  return failure;
}

}  // namespace

struct BrokerClient::Link {
  const GlobalOptions options;
  const Address server;
  const std::shared_ptr<grpc::Channel> channel;
  const std::unique_ptr<Stub> stub;

  void Authorize(grpc::ClientContext* context) const {
    if (options.token.empty()) return;
    context->AddMetadata("authorization", absl::StrCat("Bearer ", options.token));
  }

  template <typename Request, typename Response>
  absl::StatusOr<Response> Call(std::string_view method,
                                grpc::Status (Stub::*call)(grpc::ClientContext*, const Request&,
                                                           Response*),
                                const Request& request) {
    grpc::ClientContext context;
    const Clock::time_point deadline = Clock::now() + absl::ToChronoMilliseconds(options.timeout);
    context.set_deadline(deadline);
    Authorize(&context);
    Response response;
    const grpc::Status status = (stub.get()->*call)(&context, request, &response);
    if (status.ok()) return response;

    CallOutcome outcome{
        .method = method,
        .server = server,
        .status = FromGrpc(status),
        .time_is_up = Clock::now() >= deadline,
        .publish_failure = PublishFailureOf(context),
    };
    // A node's own UNAVAILABLE and a broken link look alike, but only the latter ends the channel's
    // readiness, which may be told a moment later.
    if (status.error_code() == grpc::StatusCode::UNAVAILABLE && !outcome.publish_failure) {
      outcome.link_broken = channel->WaitForStateChange(
          GRPC_CHANNEL_READY, Clock::now() + std::chrono::milliseconds(100));
    }
    return ExplainCall(outcome, options);
  }
};

BrokerClient::BrokerClient(std::unique_ptr<Link> link) : link_(std::move(link)) {}
BrokerClient::~BrokerClient() = default;

absl::StatusOr<std::unique_ptr<BrokerClient>> BrokerClient::Connect(const GlobalOptions& options) {
  // gRPC ends the process over a header it cannot send.
  if (!IsHeaderValue(options.token)) {
    return UsageFailure(
        "the token holds a space or a character that is not ASCII",
        "give it without quotes and line ends: --token, --token-file or HOOKCAST_TOKEN");
  }
  const absl::Duration share = absl::Trunc(
      options.timeout / static_cast<int64_t>(options.servers.size()), absl::Milliseconds(1));
  std::vector<std::string> failed;
  std::string hint;
  for (const Address& server : options.servers) {
    auto channel = ConnectTo(server, share);
    if (channel.ok()) {
      auto stub = v1::BrokerService::NewStub(*channel);
      return std::unique_ptr<BrokerClient>(new BrokerClient(
          std::unique_ptr<Link>(new Link{options, server, *std::move(channel), std::move(stub)})));
    }
    failed.emplace_back(channel.status().message());
    hint = HintOf(channel.status());
  }
  return UnreachableFailure(absl::StrJoin(failed, "; "), hint);
}

const Address& BrokerClient::server() const { return link_->server; }

absl::StatusOr<v1::PublishResponse> BrokerClient::Publish(const v1::PublishRequest& request) {
  return link_->Call("Publish", &Stub::Publish, request);
}

absl::StatusOr<v1::PublishBatchResponse> BrokerClient::PublishBatch(
    const v1::PublishBatchRequest& request) {
  return link_->Call("PublishBatch", &Stub::PublishBatch, request);
}

absl::StatusOr<v1::SendResponse> BrokerClient::Send(const v1::SendRequest& request) {
  return link_->Call("Send", &Stub::Send, request);
}

absl::StatusOr<v1::SubscribeResponse> BrokerClient::Subscribe(const v1::SubscribeRequest& request) {
  return link_->Call("Subscribe", &Stub::Subscribe, request);
}

absl::StatusOr<v1::UnsubscribeResponse> BrokerClient::Unsubscribe(
    const v1::UnsubscribeRequest& request) {
  return link_->Call("Unsubscribe", &Stub::Unsubscribe, request);
}

absl::StatusOr<v1::ClosePeersResponse> BrokerClient::Close(const v1::ClosePeersRequest& request) {
  return link_->Call("Close", &Stub::Close, request);
}

absl::StatusOr<v1::TerminateResponse> BrokerClient::Terminate(const v1::TerminateRequest& request) {
  return link_->Call("Terminate", &Stub::Terminate, request);
}

absl::StatusOr<v1::GetPeerResponse> BrokerClient::GetPeer(const v1::GetPeerRequest& request) {
  return link_->Call("GetPeer", &Stub::GetPeer, request);
}

absl::StatusOr<v1::ListPeersResponse> BrokerClient::ListPeers(const v1::ListPeersRequest& request) {
  return link_->Call("ListPeers", &Stub::ListPeers, request);
}

absl::StatusOr<v1::ListTopicsResponse> BrokerClient::ListTopics(
    const v1::ListTopicsRequest& request) {
  return link_->Call("ListTopics", &Stub::ListTopics, request);
}

absl::StatusOr<v1::ListNamespacesResponse> BrokerClient::ListNamespaces(
    const v1::ListNamespacesRequest& request) {
  return link_->Call("ListNamespaces", &Stub::ListNamespaces, request);
}

absl::StatusOr<v1::HistoryResponse> BrokerClient::History(const v1::HistoryRequest& request) {
  return link_->Call("History", &Stub::History, request);
}

absl::StatusOr<v1::ListNodesResponse> BrokerClient::ListNodes(const v1::ListNodesRequest& request) {
  return link_->Call("ListNodes", &Stub::ListNodes, request);
}

absl::StatusOr<v1::DrainNodeResponse> BrokerClient::DrainNode(const v1::DrainNodeRequest& request) {
  return link_->Call("DrainNode", &Stub::DrainNode, request);
}

absl::StatusOr<v1::PingResponse> BrokerClient::Ping(const v1::PingRequest& request) {
  return link_->Call("Ping", &Stub::Ping, request);
}

absl::Status BrokerClient::Watch(const v1::WatchRequest& request, const std::stop_token& stop,
                                 absl::FunctionRef<void()> on_open,
                                 absl::FunctionRef<bool(const v1::WatchEvent&)> on_event) {
  grpc::ClientContext context;
  link_->Authorize(&context);
  const std::unique_ptr<grpc::ClientReaderInterface<v1::WatchEvent>> reader =
      link_->stub->Watch(&context, request);
  bool ended_here = false;
  grpc::Status status;
  {
    const std::stop_callback cancel(stop, [&] { context.TryCancel(); });
    reader->WaitForInitialMetadata();
    on_open();
    v1::WatchEvent event;
    while (reader->Read(&event)) {
      if (ended_here || on_event(event)) continue;
      ended_here = true;
      context.TryCancel();
    }
    status = reader->Finish();
  }
  if (ended_here || stop.stop_requested()) return absl::OkStatus();
  if (status.ok()) return absl::UnavailableError("it ended the stream");
  if (IsOfTheLink(status.error_code())) {
    return absl::UnavailableError(PlainTransportWords(status.error_message()));
  }
  return ExplainCall({.method = "Watch", .server = link_->server, .status = FromGrpc(status)},
                     link_->options);
}

}  // namespace hookcast::cli
