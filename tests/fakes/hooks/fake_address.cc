#include "tests/fakes/hooks/fake_address.h"

namespace hookcast::fakes {

class FakeAddress::Connection final : public hooks::HookConnection {
 public:
  explicit Connection(FakeAddress* address) : address_(address) { ++address_->connections_; }
  ~Connection() override {
    --address_->connections_;
    std::erase_if(address_->calls_, [this](const UnaryCall& call) { return call.by == this; });
  }

  State state() override { return address_->state_; }

  std::unique_ptr<hooks::SessionCall> StartSession(hooks::SessionListener* listener) override {
    auto session = std::make_shared<FakeSession>(listener);
    address_->sessions_.push_back(session);
    return std::make_unique<FakeSession::Call>(std::move(session));
  }

  void Call(v1::SessionEvent event, Duration deadline, Done done) override {
    address_->calls_.push_back({std::move(event), deadline, std::move(done), this});
  }

 private:
  FakeAddress* const address_;
};

std::unique_ptr<hooks::HookConnection> FakeAddress::Connect() {
  return std::make_unique<Connection>(this);
}

void FakeAddress::AnswerCall(const absl::Status& status, size_t place) {
  UnaryCall call = std::move(calls_[place]);
  calls_.erase(calls_.begin() + static_cast<ptrdiff_t>(place));
  if (!status.ok()) return call.done(status);
  if (call.event.has_upgrade()) return call.done(hooks::UpgradeVerdict(hooks::Accept{}));
  call.done(hooks::HookReply{});
}

}  // namespace hookcast::fakes
