#include "broker/hooks/grpc/grpc_hook_client.h"

#include <grpcpp/client_context.h>

#include <atomic>
#include <chrono>
#include <cstddef>
#include <functional>
#include <optional>
#include <utility>
#include <variant>

#include "broker/base/mutex.h"
#include "broker/hooks/grpc/connection.h"
#include "broker/hooks/grpc/grpc_status.h"
#include "broker/hooks/hook_requests.h"
#include "broker/hooks/proto_codec.h"

namespace hookcast::hooks {
namespace {

using Returned = std::function<void(grpc::Status)>;
using AsyncStub = v1::HookService::StubInterface::async_interface;

void Invoke(AsyncStub* stub, grpc::ClientContext* context, const v1::UpgradeRequest* request,
            v1::UpgradeReply* reply, Returned returned) {
  stub->Upgrade(context, request, reply, std::move(returned));
}
void Invoke(AsyncStub* stub, grpc::ClientContext* context, const v1::OpenRequest* request,
            v1::HookReply* reply, Returned returned) {
  stub->Open(context, request, reply, std::move(returned));
}
void Invoke(AsyncStub* stub, grpc::ClientContext* context, const v1::MessageRequest* request,
            v1::HookReply* reply, Returned returned) {
  stub->Message(context, request, reply, std::move(returned));
}
void Invoke(AsyncStub* stub, grpc::ClientContext* context, const v1::CloseRequest* request,
            v1::HookReply* reply, Returned returned) {
  stub->Close(context, request, reply, std::move(returned));
}
void Invoke(AsyncStub* stub, grpc::ClientContext* context, const v1::ErrorRequest* request,
            v1::HookReply* reply, Returned returned) {
  stub->Error(context, request, reply, std::move(returned));
}
void Invoke(AsyncStub* stub, grpc::ClientContext* context, const v1::DrainRequest* request,
            v1::HookReply* reply, Returned returned) {
  stub->Drain(context, request, reply, std::move(returned));
}

}  // namespace

// What gRPC's threads and the shard share. Each call holds it, and so does what is posted: it may
// outlive the client.
struct GrpcHookClient::Inbox {
  Inbox(ShardLoop* loop, GrpcHookClient* client) : loop(loop), client(client) {}

  ShardLoop* const loop;
  Mutex mutex;
  std::vector<PendingCall*> returned HOOKCAST_GUARDED_BY(mutex);
  std::atomic<uint32_t> with_grpc{0};  // calls whose callback has not done its last
  GrpcHookClient* client;              // shard-affine; null once it is gone
};

// One call, from its start to its `done`, both on the shard. Owned by the client.
class GrpcHookClient::PendingCall {
 public:
  PendingCall(const GrpcHookClient& client, Hook hook, Duration deadline)
      : inbox_(client.inbox_), application_(client.application_.get()), hook_(hook) {
    context_.emplace();
    context_->set_deadline(
        std::chrono::system_clock::now() +
        std::chrono::duration_cast<std::chrono::system_clock::duration>(deadline));
  }
  PendingCall(const PendingCall&) = delete;
  PendingCall& operator=(const PendingCall&) = delete;
  virtual ~PendingCall() = default;

  // Calls `done`. On the shard, after the call has returned.
  virtual void Answer() = 0;

  // gRPC never runs a callback inside this, so the lock is safe to hold.
  void Cancel() {
    const MutexLock lock(&inbox_->mutex);
    if (context_) context_->TryCancel();
  }

  size_t place = 0;  // in the client's calls_

 protected:
  grpc::ClientContext* context() { return &*context_; }

  // The last step on gRPC's thread: this call belongs to the shard alone, and may be gone, once its
  // mutex is free.
  void Return(const absl::Status& status) {
    application_->Learn(hook_, status);
    const std::shared_ptr<Inbox> inbox = inbox_;
    bool first;
    {
      const MutexLock lock(&inbox->mutex);
      // gRPC's memory goes back here and not on the shard.
      context_.reset();
      inbox->returned.push_back(this);
      first = inbox->returned.size() == 1;
    }
    if (first) {
      inbox->loop->Post([inbox] {
        if (inbox->client != nullptr) inbox->client->AnswerReturned();
      });
    }
    // The client waits for this before it goes, and so does the loop, which outlives it.
    if (inbox->with_grpc.fetch_sub(1, std::memory_order_acq_rel) == 1) {
      inbox->with_grpc.notify_all();
    }
  }

 private:
  const std::shared_ptr<Inbox> inbox_;
  GrpcApplication* const application_;
  const Hook hook_;
  std::optional<grpc::ClientContext> context_;
};

template <typename Request, typename Reply, typename Result>
class GrpcHookClient::UnaryCall final : public PendingCall {
 public:
  using Done = absl::AnyInvocable<void(absl::StatusOr<Result>)>;

  UnaryCall(const GrpcHookClient& client, Hook hook, Duration deadline, Done done)
      : PendingCall(client, hook, deadline),
        max_context_bytes_(client.max_context_bytes_),
        done_(std::move(done)) {}

  Request* request() { return &request_; }

  void Start(AsyncStub* stub) {
    Invoke(stub, context(), &request_, &reply_, [this](const grpc::Status& status) {
      if (status.ok()) {
        result_ = FromProto(reply_, max_context_bytes_);
      } else {
        result_ = FromGrpc(status);
      }
      Return(result_.status());
    });
  }

  void Answer() override { done_(std::move(result_)); }

 private:
  const size_t max_context_bytes_;
  Request request_;
  Reply reply_;
  absl::StatusOr<Result> result_;
  Done done_;
};

GrpcHookClient::GrpcHookClient(ShardLoop* loop, std::shared_ptr<GrpcApplication> application,
                               size_t max_context_bytes)
    : application_(std::move(application)),
      max_context_bytes_(max_context_bytes),
      inbox_(std::make_shared<Inbox>(loop, this)) {}

GrpcHookClient::~GrpcHookClient() {
  inbox_->client = nullptr;
  for (const auto& call : calls_) call->Cancel();
  while (const uint32_t left = inbox_->with_grpc.load(std::memory_order_acquire)) {
    inbox_->with_grpc.wait(left, std::memory_order_acquire);
  }
}

void GrpcHookClient::Upgrade(const UpgradeEvent& event, Duration deadline, UpgradeDone done) {
  using UpgradeCall = UnaryCall<v1::UpgradeRequest, v1::UpgradeReply, UpgradeVerdict>;
  auto call = std::make_unique<UpgradeCall>(*this, Hook::kUpgrade, deadline, std::move(done));
  ToRequest(event, application_->node(), call->request());
  Start(std::move(call));
}

void GrpcHookClient::Call(const pubsub::Peer& peer, const PeerEvent& event, Duration deadline,
                          HookDone done) {
  const Hook hook = event.hook();
  if (absl::Status wanted = application_->Wants(hook); !wanted.ok()) return done(wanted);
  const auto start = [&]<typename Request>(std::in_place_type_t<Request>) {
    auto call = std::make_unique<UnaryCall<Request, v1::HookReply, HookReply>>(
        *this, hook, deadline, std::move(done));
    ToRequest(peer, event, application_->node(), call->request());
    Start(std::move(call));
  };
  switch (hook) {
    case Hook::kOpen:
      return start(std::in_place_type<v1::OpenRequest>);
    case Hook::kMessage:
      return start(std::in_place_type<v1::MessageRequest>);
    case Hook::kClose:
      return start(std::in_place_type<v1::CloseRequest>);
    case Hook::kError:
      return start(std::in_place_type<v1::ErrorRequest>);
    case Hook::kDrain:
      return start(std::in_place_type<v1::DrainRequest>);
    case Hook::kUpgrade:
      break;  // no PeerEvent is one
  }
}

template <typename CallType>
void GrpcHookClient::Start(std::unique_ptr<CallType> call) {
  CallType* const started = call.get();
  started->place = calls_.size();
  calls_.push_back(std::move(call));
  inbox_->with_grpc.fetch_add(1, std::memory_order_relaxed);
  started->Start(application_->connection()->stub->async());
}

// Takes a call out of calls_; the last one takes its place.
std::unique_ptr<GrpcHookClient::PendingCall> GrpcHookClient::Take(PendingCall* call) {
  const size_t place = call->place;
  std::unique_ptr<PendingCall> taken = std::move(calls_[place]);
  if (place + 1 != calls_.size()) {
    calls_[place] = std::move(calls_.back());
    calls_[place]->place = place;
  }
  calls_.pop_back();
  return taken;
}

void GrpcHookClient::AnswerReturned() {
  // A `done` may destroy this client, and with it the calls that were not taken yet.
  const std::shared_ptr<Inbox> inbox = inbox_;
  std::vector<PendingCall*> returned;
  {
    const MutexLock lock(&inbox->mutex);
    returned.swap(inbox->returned);
  }
  for (PendingCall* const call : returned) {
    Take(call)->Answer();
    if (inbox->client == nullptr) return;
  }
}

}  // namespace hookcast::hooks
