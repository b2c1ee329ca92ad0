#include "broker/hooks/grpc/grpc_session_call.h"

#include <grpcpp/client_context.h>
#include <grpcpp/generic/generic_stub.h>
#include <grpcpp/support/client_callback.h>

#include <cstddef>
#include <optional>
#include <utility>

#include "absl/strings/str_cat.h"
#include "broker/hooks/application/session_outbox.h"
#include "broker/hooks/grpc/grpc_status.h"
#include "broker/hooks/grpc/wire.h"

namespace hookcast::hooks {
namespace {

// What may wait for the shard before reading pauses.
constexpr size_t kMostUntakenMessages = 16;
constexpr size_t kMostUntakenBytes = 4 << 20;

}  // namespace

// gRPC's side of the call. Keeps itself until OnDone. A hold stands for what the shard may still
// start; it is given back once nothing may be started any more and nobody is about to.
class GrpcSessionCall::Reactor final
    : public grpc::ClientBidiReactor<v1::SessionRequest, grpc::ByteBuffer>,
      public std::enable_shared_from_this<Reactor> {
 public:
  Reactor(std::shared_ptr<Mailbox> mailbox, std::shared_ptr<CallCount> calls,
          SessionListener* listener)
      : mailbox_(std::move(mailbox)), calls_(std::move(calls)), listener_(listener) {}

  void Start(const std::shared_ptr<grpc::Channel>& channel, std::shared_ptr<Reactor> self) {
    self_ = std::move(self);
    calls_->Add();
    grpc::TemplatedGenericStub<v1::SessionRequest, grpc::ByteBuffer>(channel)
        .PrepareBidiStreamingCall(&context_, MethodPath("Session"), {}, this);
    AddHold();
    StartRead(&reply_);
    StartCall();
  }

  // ---- The shard ----

  // What one turn of the loop queues leaves in one write: begun at its end, unless the write before
  // is still under way and takes it along.
  template <typename Change>
  void Queue(Change change) {
    {
      const MutexLock lock(&mutex_);
      if (closed_) return;
      change();
      if (writing_ || std::exchange(write_posted_, true)) return;
    }
    mailbox_->Put([self = shared_from_this()] { self->WriteNext(/*written=*/false); });
  }

  void Write(v1::SessionEvent event) {
    Queue([&]() HOOKCAST_REQUIRES(mutex_) { outbox_.Add(std::move(event)); });
  }
  void WriteControl(v1::SessionRequest request) {
    Queue([&]() HOOKCAST_REQUIRES(mutex_) { outbox_.AddControl(std::move(request)); });
  }
  void WritesDone() {
    Queue([&]() HOOKCAST_REQUIRES(mutex_) { writes_done_ = true; });
  }

  void Abandon() {
    listener_ = nullptr;
    context_.TryCancel();
    {
      const MutexLock lock(&mutex_);
      abandoned_ = true;
      if (reading_) return;  // and closes when it ends
    }
    Close();
  }

  // ---- gRPC's threads ----

  void OnReadDone(bool ok) override {
    if (!ok) return Close();
    const size_t bytes = reply_.Length();
    absl::StatusOr<SessionNews> news = ReadReply();
    if (!news.ok()) {
      {
        const MutexLock lock(&mutex_);
        broken_ = news.status();
      }
      context_.TryCancel();
      return Close();
    }
    {
      const MutexLock lock(&mutex_);
      ++untaken_messages_;
      untaken_bytes_ += bytes;
    }
    // Still reading: else the shard could start the next read, whose message would overtake this.
    mailbox_->Put([self = self_, bytes, news = *std::move(news)]() mutable {
      self->Take(bytes, std::move(news));
    });
    bool more;
    {
      const MutexLock lock(&mutex_);
      reading_ = more = !abandoned_ && MayRead();
      if (!more && !abandoned_) return;
    }
    // Abandoned meanwhile, it has left it to this read to close.
    if (!more) return Close();
    StartRead(&reply_);
  }

  void OnWriteDone(bool ok) override {
    if (ok) WriteNext(/*written=*/true);
    // else the call is over: the read under way tells of it
  }

  void OnWritesDoneDone(bool) override {}

  void OnDone(const grpc::Status& status) override {
    absl::Status how = FromGrpc(status);
    {
      const MutexLock lock(&mutex_);
      if (!broken_.ok()) how = broken_;
    }
    mailbox_->Put([self = self_, how = std::move(how)] {
      if (SessionListener* const listener = std::exchange(self->listener_, nullptr)) {
        listener->OnEnded(how);
      }
    });
    const std::shared_ptr<CallCount> calls = calls_;
    self_.reset();  // may be the end of this
    calls->Remove();
  }

 private:
  absl::StatusOr<SessionNews> ReadReply() {
    v1::SessionReply reply;
    grpc::ByteBuffer bytes = reply_;  // shared; what is parsed is cleared
    if (ParseReply(&reply_, &reply).ok()) return ReadSessionReply(reply);
    absl::StatusOr<v1::SessionReply> apart = ReadAnswersApart(TextOf(bytes));
    return apart.ok() ? ReadSessionReply(*apart) : apart.status();
  }

  // On the shard.
  void Take(size_t bytes, SessionNews news) {
    if (listener_ != nullptr) listener_->OnNews(std::move(news));
    {
      const MutexLock lock(&mutex_);
      --untaken_messages_;
      untaken_bytes_ -= bytes;
      if (reading_ || !MayRead()) return;
      reading_ = true;
      ++starting_;
    }
    StartRead(&reply_);
    Started();
  }

  // Starts the next write, unless one is under way. `written`: by the one that just ended.
  void WriteNext(bool written) {
    bool done;
    {
      const MutexLock lock(&mutex_);
      if (written) {
        writing_ = false;
      } else {
        write_posted_ = false;
      }
      if (writing_ || closed_ || all_written_) return;
      std::optional<v1::SessionRequest> next = outbox_.Take();
      done = !next && writes_done_;
      if (!next && !done) return;
      if (next) request_ = *std::move(next);
      writing_ = !done;
      all_written_ = done;
      ++starting_;
    }
    if (done) {
      StartWritesDone();
    } else {
      StartWrite(&request_);
    }
    Started();
  }

  void Started() {
    bool last;
    {
      const MutexLock lock(&mutex_);
      --starting_;
      last = LastHold();
    }
    if (last) RemoveHold();
  }

  // Nothing is started from here on.
  void Close() {
    bool last;
    {
      const MutexLock lock(&mutex_);
      closed_ = true;
      last = LastHold();
    }
    if (last) RemoveHold();
  }

  bool MayRead() const HOOKCAST_REQUIRES(mutex_) {
    return !closed_ && untaken_messages_ < kMostUntakenMessages &&
           untaken_bytes_ < kMostUntakenBytes;
  }

  bool LastHold() HOOKCAST_REQUIRES(mutex_) {
    return closed_ && starting_ == 0 && !std::exchange(hold_given_back_, true);
  }

  const std::shared_ptr<Mailbox> mailbox_;
  const std::shared_ptr<CallCount> calls_;
  SessionListener* listener_;  // the shard's own
  std::shared_ptr<Reactor> self_;
  grpc::ClientContext context_;
  grpc::ByteBuffer reply_;
  v1::SessionRequest request_;

  Mutex mutex_;
  SessionOutbox outbox_ HOOKCAST_GUARDED_BY(mutex_);
  absl::Status broken_ HOOKCAST_GUARDED_BY(mutex_);  // why the node ended the call
  bool abandoned_ HOOKCAST_GUARDED_BY(mutex_) = false;
  bool reading_ HOOKCAST_GUARDED_BY(mutex_) = true;
  bool writing_ HOOKCAST_GUARDED_BY(mutex_) = false;
  bool write_posted_ HOOKCAST_GUARDED_BY(mutex_) = false;
  bool writes_done_ HOOKCAST_GUARDED_BY(mutex_) = false;
  bool all_written_ HOOKCAST_GUARDED_BY(mutex_) = false;
  bool closed_ HOOKCAST_GUARDED_BY(mutex_) = false;
  bool hold_given_back_ HOOKCAST_GUARDED_BY(mutex_) = false;
  int starting_ HOOKCAST_GUARDED_BY(mutex_) = 0;
  size_t untaken_messages_ HOOKCAST_GUARDED_BY(mutex_) = 0;
  size_t untaken_bytes_ HOOKCAST_GUARDED_BY(mutex_) = 0;
};

GrpcSessionCall::GrpcSessionCall(const std::shared_ptr<grpc::Channel>& channel,
                                 std::shared_ptr<Mailbox> mailbox, std::shared_ptr<CallCount> calls,
                                 SessionListener* listener)
    : reactor_(std::make_shared<Reactor>(std::move(mailbox), std::move(calls), listener)) {
  reactor_->Start(channel, reactor_);
}

GrpcSessionCall::~GrpcSessionCall() { reactor_->Abandon(); }

void GrpcSessionCall::Write(v1::SessionEvent event) { reactor_->Write(std::move(event)); }
void GrpcSessionCall::WriteControl(v1::SessionRequest request) {
  reactor_->WriteControl(std::move(request));
}
void GrpcSessionCall::WritesDone() { reactor_->WritesDone(); }

}  // namespace hookcast::hooks
