#pragma once

#include <memory>

#include "absl/functional/any_invocable.h"
#include "absl/status/status.h"
#include "broker/base/clock.h"
#include "broker/hooks/application/session_codec.h"
#include "hookcast/v1/hooks.pb.h"

namespace hookcast::hooks {

// What one Session call tells.
//
// Thread: shard-affine.
class SessionListener {
 public:
  virtual ~SessionListener() = default;
  virtual void OnNews(SessionNews news) = 0;
  // The call is over; the last that is told. OK where the application ended it itself. May destroy
  // the call.
  virtual void OnEnded(const absl::Status& status) = 0;
};

// One Session call. Destroyed, it is cancelled and tells nothing more.
//
// Thread: shard-affine.
class SessionCall {
 public:
  virtual ~SessionCall() = default;
  // Both queue and never block. What is queued while a write is under way leaves with the next.
  virtual void Write(v1::SessionEvent event) = 0;
  virtual void WriteControl(v1::SessionRequest request) = 0;
  // Nothing more will be written; the application may still answer.
  virtual void WritesDone() = 0;
};

// One address of an application, as one shard reaches it. The seam between the hook engine and the
// network: gRPC, or a fake in tests.
//
// Thread: shard-affine.
class HookConnection {
 public:
  enum class State { kReady, kTrying, kFailed };
  using Done = absl::AnyInvocable<void(HookAnswer)>;

  virtual ~HookConnection() = default;

  // As it is now. Looking at it makes an idle connection connect.
  virtual State state() = 0;

  // Tells nothing before it returns. The listener outlives the call, or is told OnEnded before it
  // goes.
  virtual std::unique_ptr<SessionCall> StartSession(SessionListener* listener) = 0;

  // One event as a unary call. `done` is called once, later, unless the connection is destroyed
  // first: with DEADLINE_EXCEEDED where there was no answer in time.
  virtual void Call(v1::SessionEvent event, Duration deadline, Done done) = 0;
};

}  // namespace hookcast::hooks
