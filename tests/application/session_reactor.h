#pragma once

#include <grpcpp/support/server_callback.h>

#include <mutex>

#include "hookcast/v1/hooks.grpc.pb.h"
#include "tests/application/answers.h"
#include "tests/application/behaviour.h"
#include "tests/application/recorder.h"

namespace hookcast::testing {

// One Session stream as an application serves it: a welcome, then a reply for each batch of events,
// those that wait while a write is under way in one message. Deletes itself.
class SessionReactor final : public grpc::ServerBidiReactor<v1::SessionRequest, v1::SessionReply> {
 public:
  // All outlive it.
  SessionReactor(const Behaviour* behaviour, Answers* answers, Recorder* recorder);

  void OnReadDone(bool ok) override;
  void OnWriteDone(bool ok) override;
  void OnDone() override { delete this; }

 private:
  class Delayed;

  void Answer(const v1::SessionEvent& event);
  void Queue(v1::SessionReply reply);
  void AddAnswer(v1::SessionAnswer answer);
  void WriteNext();
  void FinishOnce();

  const Behaviour* const behaviour_;
  Answers* const given_;
  Recorder* const recorder_;
  v1::SessionRequest request_;

  std::mutex mutex_;  // and what follows
  v1::SessionReply control_;
  v1::SessionReply answers_;
  v1::SessionReply writing_;
  bool is_writing_ = false;
  bool ended_ = false;
  int delayed_ = 0;  // answers that a timer or a test holds
  bool finished_ = false;
};

}  // namespace hookcast::testing
