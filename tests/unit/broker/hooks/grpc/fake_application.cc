#include "tests/unit/broker/hooks/grpc/fake_application.h"

#include <grpcpp/security/server_credentials.h>
#include <grpcpp/server_builder.h>

#include <chrono>
#include <utility>

namespace hookcast::hooks {

class FakeApplication::HeldCall final : public grpc::ServerUnaryReactor {
 public:
  explicit HeldCall(FakeApplication* application) : application_(application) {}

  void OnCancel() override {
    {
      const std::lock_guard lock(application_->mutex_);
      ++application_->given_up_;
      application_->changed_.notify_all();
    }
    Finish(grpc::Status::CANCELLED);
  }
  void OnDone() override { delete this; }

 private:
  FakeApplication* const application_;
};

class FakeApplication::Service final : public v1::HookService::CallbackService {
 public:
  explicit Service(FakeApplication* application) : application_(application) {}

  using Context = grpc::CallbackServerContext;
  using Reactor = grpc::ServerUnaryReactor;

  Reactor* Upgrade(Context* c, const v1::UpgradeRequest* q, v1::UpgradeReply* r) override {
    return Handle(c, *q, r, application_->on_upgrade);
  }
  Reactor* Open(Context* c, const v1::OpenRequest* q, v1::HookReply* r) override {
    return Handle(c, *q, r, application_->on_open);
  }
  Reactor* Message(Context* c, const v1::MessageRequest* q, v1::HookReply* r) override {
    return Handle(c, *q, r, application_->on_message);
  }
  Reactor* Close(Context* c, const v1::CloseRequest* q, v1::HookReply* r) override {
    return Handle(c, *q, r, application_->on_close);
  }
  Reactor* Error(Context* c, const v1::ErrorRequest* q, v1::HookReply* r) override {
    return Handle(c, *q, r, application_->on_error);
  }
  grpc::ServerBidiReactor<v1::SessionRequest, v1::SessionReply>* Session(Context* c) override {
    if (application_->on_session == nullptr) {
      return v1::HookService::CallbackService::Session(c);
    }
    Note(*c);
    return FakeStream::Start(application_->on_session);
  }

 private:
  void Note(const Context& context) {
    const std::lock_guard lock(application_->mutex_);
    application_->clients_.insert(context.peer());
    application_->connections_ = static_cast<int>(application_->clients_.size());
    application_->changed_.notify_all();
  }

  template <typename Request, typename Reply>
  Reactor* Handle(Context* context, const Request& request, Reply* reply,
                  const Answer<Request, Reply>& answer) {
    Note(*context);
    {
      const std::lock_guard lock(application_->mutex_);
      ++application_->calls_;
      application_->changed_.notify_all();
      if (application_->holding_) return new HeldCall(application_);
    }
    Reactor* const reactor = context->DefaultReactor();
    reactor->Finish(answer == nullptr ? grpc::Status::OK : answer(request, reply));
    return reactor;
  }

  FakeApplication* const application_;
};

FakeApplication::FakeApplication(int port, std::string host)
    : service_(std::make_unique<Service>(this)), host_(std::move(host)), port_(0) {
  grpc::ServerBuilder builder;
  builder.AddListeningPort(host_ + ":" + std::to_string(port), grpc::InsecureServerCredentials(),
                           &port_);
  builder.AddChannelArgument(GRPC_ARG_ALLOW_REUSEPORT, 0);
  builder.RegisterService(service_.get());
  server_ = builder.BuildAndStart();
}

FakeApplication::~FakeApplication() { Stop(); }

void FakeApplication::Hold() {
  const std::lock_guard lock(mutex_);
  holding_ = true;
}

void FakeApplication::Stop() {
  if (server_ == nullptr) return;
  server_->Shutdown(std::chrono::system_clock::now());
  server_.reset();
}

int FakeApplication::calls() const {
  const std::lock_guard lock(mutex_);
  return calls_;
}

bool FakeApplication::AwaitCalls(int count) const { return Await(calls_, count); }
bool FakeApplication::AwaitGivenUp(int count) const { return Await(given_up_, count); }

bool FakeApplication::AwaitConnections(int count) const { return Await(connections_, count); }

bool FakeApplication::Await(const int& counter, int count) const {
  std::unique_lock lock(mutex_);
  return changed_.wait_for(lock, std::chrono::seconds(20), [&] { return counter >= count; });
}

}  // namespace hookcast::hooks
