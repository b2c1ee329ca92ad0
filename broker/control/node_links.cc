#include "broker/control/node_links.h"

#include <grpcpp/client_context.h>
#include <grpcpp/create_channel.h>
#include <grpcpp/generic/generic_stub.h>
#include <grpcpp/security/credentials.h>
#include <grpcpp/support/byte_buffer.h>
#include <grpcpp/support/channel_arguments.h>

#include <chrono>
#include <condition_variable>
#include <map>
#include <mutex>
#include <set>
#include <vector>

#include "absl/strings/ascii.h"
#include "absl/strings/cord.h"
#include "absl/strings/str_replace.h"
#include "broker/base/log.h"
#include "broker/base/seldom.h"

namespace hookcast::control {
namespace {

using Stub = std::shared_ptr<grpc::GenericStub>;
using Done = absl::AnyInvocable<void(absl::StatusOr<std::string>)>;

// A connection that nobody used for so long is closed when another one is made.
constexpr Duration kUnused = std::chrono::minutes(1);

Stub Connect(const std::string& address) {
  grpc::ChannelArguments arguments;
  arguments.SetInt(GRPC_ARG_USE_LOCAL_SUBCHANNEL_POOL, 1);
  arguments.SetInt(GRPC_ARG_ENABLE_HTTP_PROXY, 0);
  arguments.SetInt(GRPC_ARG_INITIAL_RECONNECT_BACKOFF_MS, 100);
  arguments.SetInt(GRPC_ARG_MIN_RECONNECT_BACKOFF_MS, 2000);  // for a connection to be made
  arguments.SetInt(GRPC_ARG_MAX_RECONNECT_BACKOFF_MS, 1000);
  arguments.SetMaxReceiveMessageSize(NodeLinks::kMostAnswerBytes);
  return std::make_shared<grpc::GenericStub>(grpc::CreateCustomChannel(
      // The zone of an IPv6 address is behind a '%', which has its own meaning there.
      "dns:///" + absl::StrReplaceAll(address, {{"%", "%25"}}), grpc::InsecureChannelCredentials(),
      arguments));
}

// The slice shares them.
grpc::Slice SliceOf(Bytes bytes) {
  auto* const kept = new Bytes(std::move(bytes));
  return {const_cast<char*>(kept->data()), kept->size(),
          [](void* kept) { delete static_cast<Bytes*>(kept); }, kept};
}

std::string TextOf(const grpc::ByteBuffer& bytes) {
  std::vector<grpc::Slice> slices;
  if (!bytes.Dump(&slices).ok()) return {};
  std::string text;
  text.reserve(bytes.Length());
  for (const grpc::Slice& slice : slices) {
    text.append(reinterpret_cast<const char*>(slice.begin()), slice.size());
  }
  return text;
}

struct Ending {
  absl::Status status;
  metrics::NodeCall result;
};

constexpr char kSilence[] = "hookcast.control/silence";

Ending Unavailable(const std::string& why, metrics::NodeCall result,
                   v1::NodeInfo::Silence silence) {
  absl::Status status = absl::UnavailableError(why);
  status.SetPayload(kSilence, absl::Cord(v1::NodeInfo::Silence_Name(silence)));
  return {std::move(status), result};
}

// What gRPC says where it could not connect has its own terms in front of the reason.
std::string PlainReason(const std::string& said) {
  if (said.rfind("failed to connect to all addresses", 0) != 0 &&
      said.rfind("DNS resolution failed", 0) != 0) {
    return said;
  }
  const size_t reason = said.rfind(": ");
  std::string why = reason == std::string::npos ? said : said.substr(reason + 2);
  if (!why.empty()) why[0] = absl::ascii_tolower(static_cast<unsigned char>(why[0]));
  return absl::StrCat("it cannot be connected to: ",
                      why.find("SETTINGS frame") == std::string::npos
                          ? why
                          : "it took the connection, and said nothing");
}

// What a call that failed means to whoever made it.
Ending Explain(const grpc::Status& status, const std::string& node, Duration limit) {
  const std::string said = status.error_message();
  switch (status.error_code()) {
    case grpc::StatusCode::INVALID_ARGUMENT:
    case grpc::StatusCode::NOT_FOUND:
    case grpc::StatusCode::RESOURCE_EXHAUSTED:
      return {absl::Status(static_cast<absl::StatusCode>(status.error_code()), said),
              metrics::NodeCall::kRefused};
    case grpc::StatusCode::DEADLINE_EXCEEDED:
      return Unavailable(
          absl::StrCat(node, " did not answer within ",
                       std::chrono::duration_cast<std::chrono::milliseconds>(limit).count(), " ms"),
          metrics::NodeCall::kTimeout, v1::NodeInfo::SILENCE_NO_ANSWER);
    case grpc::StatusCode::FAILED_PRECONDITION:
      return Unavailable(
          absl::StrCat(node, " does not answer at its address (\"", said,
                       "\"): it has just ended, or two nodes tell the same control.advertise"),
          metrics::NodeCall::kUnreachable, v1::NodeInfo::SILENCE_UNREACHABLE);
    case grpc::StatusCode::UNAUTHENTICATED:
    case grpc::StatusCode::PERMISSION_DENIED:
      return Unavailable(
          absl::StrCat(node, " takes no calls of this node: its cluster.token is another"),
          metrics::NodeCall::kUnreachable, v1::NodeInfo::SILENCE_REFUSED);
    default:
      // By the node itself, or by what could not reach it.
      return Unavailable(absl::StrCat(node, ": ", PlainReason(said)),
                         metrics::NodeCall::kUnreachable, v1::NodeInfo::SILENCE_UNREACHABLE);
  }
}

}  // namespace

v1::NodeInfo::Silence SilenceOf(const absl::Status& status) {
  v1::NodeInfo::Silence silence = v1::NodeInfo::SILENCE_UNSPECIFIED;
  if (const auto payload = status.GetPayload(kSilence)) {
    v1::NodeInfo::Silence_Parse(std::string(*payload), &silence);
  }
  return silence;
}

std::string NameOf(const cluster::NodeRecord& node) {
  return absl::StrCat("node ", node.incarnation.ToString(), " at ", node.control_address);
}

// What calls under way need of the links; outlives them until the last is answered.
struct NodeLinks::State {
  struct Link {
    Stub stub;  // null: to be made
    TimePoint used;
    Seldom refusals{std::chrono::minutes(1)};  // that are logged
  };

  State(std::string shared, metrics::Catalogue* catalogue)
      : token(std::move(shared)), metrics(catalogue) {}

  Stub StubFor(const std::string& address);
  void Forget(const std::string& address, const Stub& stub);
  // Whether a refusal at the address is to be logged.
  bool TellsRefusal(const std::string& address);

  const std::string token;
  metrics::Catalogue* const metrics;
  std::mutex mutex;
  std::condition_variable changed;
  std::map<std::string, Link> links;
  std::set<UnaryCall*> calls;
  bool closed = false;
};

Stub NodeLinks::State::StubFor(const std::string& address) {
  const TimePoint now = Clock::System().Now();
  const std::lock_guard lock(mutex);
  auto found = links.find(address);
  if (found == links.end()) {
    std::erase_if(links, [now](const auto& link) { return now - link.second.used > kUnused; });
    found = links.emplace(address, Link{}).first;
  }
  if (found->second.stub == nullptr) found->second.stub = Connect(address);
  found->second.used = now;
  return found->second.stub;
}

// A connection that says nothing may be dead without a word: the next call makes another.
void NodeLinks::State::Forget(const std::string& address, const Stub& stub) {
  const std::lock_guard lock(mutex);
  const auto found = links.find(address);
  if (found != links.end() && found->second.stub == stub) found->second.stub = nullptr;
}

bool NodeLinks::State::TellsRefusal(const std::string& address) {
  const std::lock_guard lock(mutex);
  const auto found = links.find(address);
  return found != links.end() && found->second.refusals.Pass(Clock::System().Now());
}

// One call, until its answer has come. Ends itself.
class NodeLinks::UnaryCall {
 public:
  UnaryCall(std::shared_ptr<State> state, const cluster::NodeRecord& node, Duration limit,
            Done done)
      : state_(std::move(state)),
        id_(node.incarnation.ToString()),
        name_(NameOf(node)),
        address_(node.control_address),
        limit_(limit),
        done_(std::move(done)) {
    context_.set_deadline(std::chrono::system_clock::now() +
                          std::chrono::duration_cast<std::chrono::milliseconds>(limit));
    context_.AddMetadata(kNodeMetadata, id_);
    if (!state_->token.empty()) context_.AddMetadata(kClusterTokenMetadata, state_->token);
  }

  void Start(std::string_view method, Bytes request) {
    {
      const std::lock_guard lock(state_->mutex);
      if (state_->closed) context_.TryCancel();
      state_->calls.insert(this);
    }
    stub_ = state_->StubFor(address_);
    const grpc::Slice slice = SliceOf(std::move(request));
    request_ = grpc::ByteBuffer(&slice, 1);
    stub_->UnaryCall(&context_, absl::StrCat("/", std::string(method)), {}, &request_, &response_,
                     [this](const grpc::Status& status) { OnReturned(status); });
  }

  // REQUIRES: the state's lock is held, and this is among its calls.
  void Cancel() { context_.TryCancel(); }

 private:
  void OnReturned(const grpc::Status& status) {
    if (status.ok()) {
      state_->metrics->node_calls.Add(metrics::NodeCall::kOk);
      done_(TextOf(response_));
    } else {
      Ending ending = Explain(status, name_, limit_);
      state_->metrics->node_calls.Add(ending.result);
      if (ending.result == metrics::NodeCall::kTimeout) state_->Forget(address_, stub_);
      if (SilenceOf(ending.status) == v1::NodeInfo::SILENCE_REFUSED &&
          state_->TellsRefusal(address_)) {
        log::Warn(
            "another node takes no calls of this one: its cluster.token is another; set the same "
            "on all, and start anew those that had another",
            {{"other", id_}, {"control", address_}});
      }
      done_(std::move(ending.status));
    }
    done_ = nullptr;  // what it holds goes before the links may
    {
      const std::lock_guard lock(state_->mutex);
      state_->calls.erase(this);
      state_->changed.notify_all();
    }
    delete this;
  }

  const std::shared_ptr<State> state_;
  const std::string id_;
  const std::string name_;
  const std::string address_;
  const Duration limit_;
  Done done_;
  grpc::ClientContext context_;
  Stub stub_;
  grpc::ByteBuffer request_;
  grpc::ByteBuffer response_;
};

NodeLinks::NodeLinks(std::string token, metrics::Catalogue* metrics)
    : state_(std::make_shared<State>(std::move(token), metrics)) {}

NodeLinks::~NodeLinks() {
  std::unique_lock lock(state_->mutex);
  state_->closed = true;
  for (UnaryCall* const call : state_->calls) call->Cancel();
  state_->changed.wait(lock, [this] { return state_->calls.empty(); });
}

void NodeLinks::CallBytes(const cluster::NodeRecord& node, std::string_view method, Bytes request,
                          Duration limit, Done done) {
  auto* const call = new UnaryCall(state_, node, limit, std::move(done));
  call->Start(method, std::move(request));
}

}  // namespace hookcast::control
