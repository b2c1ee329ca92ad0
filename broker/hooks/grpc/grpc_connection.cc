#include "broker/hooks/grpc/grpc_connection.h"

#include <grpcpp/client_context.h>
#include <grpcpp/impl/codegen/proto_utils.h>

#include <chrono>
#include <optional>
#include <utility>

#include "absl/strings/str_cat.h"
#include "broker/base/mutex.h"
#include "broker/hooks/grpc/grpc_session_call.h"
#include "broker/hooks/grpc/grpc_status.h"
#include "broker/hooks/grpc/wire.h"
#include "broker/hooks/proto_codec.h"

namespace hookcast::hooks {

// One call, shared by gRPC, until its callback has run, and the connection, until it is answered.
class GrpcConnection::UnaryCall final : public std::enable_shared_from_this<UnaryCall> {
 public:
  UnaryCall(GrpcConnection* connection, v1::SessionEvent event, Duration deadline, Done done)
      : connection_(connection),
        mailbox_(connection->mailbox_),
        count_(connection->count_),
        event_(std::move(event)),
        done_(std::move(done)) {
    context_.emplace();
    deadline_ = std::chrono::system_clock::now() +
                std::chrono::duration_cast<std::chrono::system_clock::duration>(deadline);
    context_->set_deadline(deadline_);
  }

  void Start(grpc::GenericStub* stub) {
    count_->Add();
    switch (event_.kind_case()) {
      case v1::SessionEvent::kUpgrade:
        return Send(stub, "Upgrade", event_.upgrade());
      case v1::SessionEvent::kOpen:
        return Send(stub, "Open", event_.open());
      case v1::SessionEvent::kMessage:
        return Send(stub, "Message", event_.message());
      case v1::SessionEvent::kClose:
        return Send(stub, "Close", event_.close());
      case v1::SessionEvent::kError:
        return Send(stub, "Error", event_.error());
      case v1::SessionEvent::kResume:
        return Send(stub, "Resume", event_.resume());
      case v1::SessionEvent::kDrain:
        return Send(stub, "Drain", event_.drain());
      case v1::SessionEvent::KIND_NOT_SET:
        break;
    }
    OnReturned(grpc::Status(grpc::StatusCode::INTERNAL, "the event is empty"));
  }

  // On the shard: nobody waits any more. gRPC never runs a callback inside TryCancel, so the lock
  // is safe to hold.
  void Cancel() {
    connection_ = nullptr;
    done_ = nullptr;
    const MutexLock lock(&mutex_);
    if (context_) context_->TryCancel();
  }

  size_t place = 0;  // among its connection's

 private:
  template <typename Request>
  void Send(grpc::GenericStub* stub, const char* method, const Request& request) {
    bool own_buffer;
    grpc::SerializationTraits<Request>::Serialize(request, &request_, &own_buffer);
    stub->UnaryCall(
        &*context_, MethodPath(method), {}, &request_, &reply_,
        [self = shared_from_this()](const grpc::Status& status) { self->OnReturned(status); });
  }

  // On gRPC's thread.
  void OnReturned(const grpc::Status& status) {
    Read(status);
    {
      const MutexLock lock(&mutex_);
      context_.reset();  // gRPC's memory goes back here and not on the shard
    }
    event_.Clear();
    request_.Clear();
    reply_.Clear();
    mailbox_->Put([self = shared_from_this()] { self->Answer(); });
    count_->Remove();
  }

  void Read(const grpc::Status& status) {
    if (!status.ok()) {
      answer_ = FromGrpc(status);
      // What comes before the node's own deadline is an answer of the application's.
      if (absl::IsDeadlineExceeded(answer_.status()) &&
          std::chrono::system_clock::now() < deadline_) {
        answer_ = absl::UnknownError(
            absl::StrCat("the application answered DEADLINE_EXCEEDED: ", status.error_message()));
      }
      return;
    }
    if (event_.has_upgrade()) {
      ReadAs<v1::UpgradeReply>();
    } else {
      ReadAs<v1::HookReply>();
    }
  }

  template <typename Reply>
  void ReadAs() {
    Reply reply;
    if (const absl::Status status = ParseReply(&reply_, &reply); !status.ok()) {
      answer_ = status;
      return;
    }
    auto read = FromProto(reply);
    answer_ = read.ok() ? HookAnswer(*std::move(read)) : HookAnswer(read.status());
  }

  void Answer() {
    if (connection_ == nullptr) return;
    const std::shared_ptr<UnaryCall> taken = connection_->Take(this);
    done_(std::move(answer_));
  }

  GrpcConnection* connection_;  // the shard's own; null once it is gone
  const std::shared_ptr<Mailbox> mailbox_;
  const std::shared_ptr<CallCount> count_;
  v1::SessionEvent event_;
  grpc::ByteBuffer request_;
  grpc::ByteBuffer reply_;
  HookAnswer answer_;
  Done done_;
  std::chrono::system_clock::time_point deadline_;
  Mutex mutex_;
  std::optional<grpc::ClientContext> context_;
};

GrpcConnection::GrpcConnection(std::shared_ptr<grpc::Channel> channel,
                               std::shared_ptr<Mailbox> mailbox, std::shared_ptr<CallCount> calls)
    : channel_(std::move(channel)),
      stub_(channel_),
      mailbox_(std::move(mailbox)),
      count_(std::move(calls)) {}

GrpcConnection::~GrpcConnection() {
  for (const auto& call : calls_) call->Cancel();
}

HookConnection::State GrpcConnection::state() {
  switch (channel_->GetState(/*try_to_connect=*/true)) {
    case GRPC_CHANNEL_READY:
      return State::kReady;
    case GRPC_CHANNEL_IDLE:
    case GRPC_CHANNEL_CONNECTING:
      return State::kTrying;
    case GRPC_CHANNEL_TRANSIENT_FAILURE:
    case GRPC_CHANNEL_SHUTDOWN:
      break;
  }
  return State::kFailed;
}

std::unique_ptr<SessionCall> GrpcConnection::StartSession(SessionListener* listener) {
  return std::make_unique<GrpcSessionCall>(channel_, mailbox_, count_, listener);
}

void GrpcConnection::Call(v1::SessionEvent event, Duration deadline, Done done) {
  auto call = std::make_shared<UnaryCall>(this, std::move(event), deadline, std::move(done));
  call->place = calls_.size();
  calls_.push_back(call);
  call->Start(&stub_);
}

// Takes a call out of calls_; the last one takes its place.
std::shared_ptr<GrpcConnection::UnaryCall> GrpcConnection::Take(UnaryCall* call) {
  const size_t place = call->place;
  std::shared_ptr<UnaryCall> taken = std::move(calls_[place]);
  if (place + 1 != calls_.size()) {
    calls_[place] = std::move(calls_.back());
    calls_[place]->place = place;
  }
  calls_.pop_back();
  return taken;
}

}  // namespace hookcast::hooks
