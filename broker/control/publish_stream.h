#pragma once

#include <grpcpp/support/byte_buffer.h>
#include <grpcpp/support/server_callback.h>

#include "broker/base/mutex.h"
#include "broker/control/handlers.h"
#include "hookcast/v1/broker.pb.h"

namespace hookcast::control {

// One PublishStream call. Publishes each message as it is read, and reads on while earlier ones are
// on their way, up to a bound; answers when the last of them is done. A client that goes ends the
// reading; what it sent before is published.
//
// Thread: gRPC's; one read at a time. Deletes itself when gRPC is done with it.
class PublishStream final : public grpc::ServerReadReactor<grpc::ByteBuffer> {
 public:
  // Messages on their way before reading pauses.
  static constexpr uint64_t kMostUnanswered = 256;

  // The handlers outlive it; `response` is the call's.
  PublishStream(Handlers* handlers, grpc::ByteBuffer* response);

  void OnReadDone(bool ok) override;
  void OnDone() override;

 private:
  void OnPublished(uint64_t number, const absl::StatusOr<v1::PublishResponse>& published);
  void FinishWithSum();

  Handlers* const handlers_;
  grpc::ByteBuffer* const response_;
  grpc::ByteBuffer request_;

  Mutex mutex_;
  v1::PublishStreamResponse sum_ HOOKCAST_GUARDED_BY(mutex_);
  uint64_t read_ = 0;  // messages so far
  uint64_t unanswered_ HOOKCAST_GUARDED_BY(mutex_) = 0;
  uint64_t first_refused_ HOOKCAST_GUARDED_BY(mutex_) = 0;  // number from 1; 0: none
  bool paused_ HOOKCAST_GUARDED_BY(mutex_) = false;
  bool ended_ HOOKCAST_GUARDED_BY(mutex_) = false;
};

}  // namespace hookcast::control
