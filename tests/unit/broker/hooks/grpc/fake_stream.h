#pragma once

#include <grpcpp/support/server_callback.h>

#include <deque>
#include <functional>
#include <mutex>
#include <optional>
#include <string>

#include "hookcast/v1/hooks.pb.h"

namespace hookcast::hooks {

// One Session call on the application's side. Its own; gone when the call is over.
//
// Thread: any, for whoever knows that the call is not over: its OnRequest does.
class FakeStream final : public grpc::ServerBidiReactor<v1::SessionRequest, v1::SessionReply> {
 public:
  // Called for each request in turn, and with null once the node writes no more.
  using OnRequest = std::function<void(FakeStream*, const v1::SessionRequest*)>;

  static FakeStream* Start(OnRequest on_request);

  // What is said is written in order. Nothing is said after End.
  void Say(v1::SessionReply reply);
  void Welcome(uint32_t events = 1024, uint64_t bytes = 4 << 20);
  // A message with an empty reply, or for upgrades an accept, to each event.
  void Answer(const v1::SessionEvents& events);
  void Pong(uint64_t number);
  void End(grpc::Status status);
  // Nothing is read after the request under way; the node's writes wait.
  void StopReading();

  // Welcomes, answers everything, and ends in order.
  static void Echo(FakeStream* stream, const v1::SessionRequest* request);

  void OnReadDone(bool ok) override;
  void OnWriteDone(bool ok) override;
  void OnCancel() override { End(grpc::Status::CANCELLED); }
  void OnDone() override { delete this; }

 private:
  explicit FakeStream(OnRequest on_request) : on_request_(std::move(on_request)) {}

  // Writes the next, or finishes, where it is time to.
  void GoOn();

  const OnRequest on_request_;
  v1::SessionRequest request_;
  std::mutex mutex_;  // and what follows
  std::deque<v1::SessionReply> replies_;
  bool reading_ = true;
  bool writing_ = false;
  bool broken_ = false;
  bool finished_ = false;
  std::optional<grpc::Status> end_;
};

}  // namespace hookcast::hooks
