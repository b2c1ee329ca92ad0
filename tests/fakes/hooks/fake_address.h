#pragma once

#include <deque>
#include <memory>
#include <string>
#include <utility>
#include <vector>

#include "broker/hooks/application/hook_connection.h"
#include "tests/fakes/hooks/fake_session.h"

namespace hookcast::fakes {

// The node's side of a FakeSession.
class FakeSession::Call final : public hooks::SessionCall {
 public:
  explicit Call(std::shared_ptr<FakeSession> session) : session_(std::move(session)) {}
  ~Call() override;
  void Write(v1::SessionEvent event) override;
  void WriteControl(v1::SessionRequest request) override;
  void WritesDone() override;

 private:
  const std::shared_ptr<FakeSession> session_;
};

// One address of an application. It does what the test says, and keeps what came by its
// connections, which it outlives.
//
// Thread: shard-affine.
class FakeAddress {
 public:
  struct UnaryCall {
    v1::SessionEvent event;
    Duration deadline;
    hooks::HookConnection::Done done;
    const hooks::HookConnection* by;
  };

  std::unique_ptr<hooks::HookConnection> Connect();

  // As connections show it from now on.
  void set_state(hooks::HookConnection::State state) { state_ = state; }
  int connections() const { return connections_; }

  // All that were ever started, the oldest first.
  const std::vector<std::shared_ptr<FakeSession>>& sessions() const { return sessions_; }
  // REQUIRES: there is one.
  FakeSession& last() const { return *sessions_.back(); }

  // Unary calls that wait for their answer, the oldest first.
  const std::deque<UnaryCall>& calls() const { return calls_; }
  std::string OldestCall() const { return calls_.empty() ? "" : hooks::EventIdOf(calls_[0].event); }
  // Answers the call at `place`, with success or with the error. REQUIRES: there is one.
  void AnswerCall(const absl::Status& status = absl::OkStatus(), size_t place = 0);

 private:
  class Connection;

  hooks::HookConnection::State state_ = hooks::HookConnection::State::kReady;
  int connections_ = 0;
  std::vector<std::shared_ptr<FakeSession>> sessions_;
  std::deque<UnaryCall> calls_;
};

}  // namespace hookcast::fakes
