#pragma once

#include <grpcpp/support/server_callback.h>

#include <memory>
#include <string>

#include "broker/base/mutex.h"
#include "broker/control/handlers.h"
#include "broker/control/watch_filter.h"
#include "broker/control/watch_queue.h"
#include "broker/pubsub/watchers.h"
#include "hookcast/v1/broker.pb.h"

namespace hookcast::control {

// One Watch call: puts what it is told into its queue, and writes from there as fast as the client
// reads. Ends when the client goes, or the node. One that wants the messages of a namespace has
// the node hear it, and begins once it does, or a second has passed, with word of what it may have
// missed.
//
// Thread: gRPC's and those that tell it; one write at a time. Keeps itself until gRPC is done with
// it and nobody tells it anything any more.
class WatchStream final : public grpc::ServerWriteReactor<v1::WatchEvent>, public pubsub::Watcher {
 public:
  // The handlers outlive the call.
  static WatchStream* Begin(Handlers* handlers, const v1::WatchRequest& request);

  void OnMessage(const pubsub::MessageRef& message) override;
  void OnMissed(std::string_view ns, std::optional<uint64_t> lost) override;
  void OnOpened(const pubsub::Peer& peer) override;
  void OnClosed(const pubsub::Peer& peer, const pubsub::CloseDetails& details) override;
  void OnStopped() override;

  void OnSendInitialMetadataDone(bool ok) override { OnWriteDone(ok); }
  void OnWriteDone(bool ok) override;
  void OnCancel() override;
  void OnDone() override;

 private:
  WatchStream(Handlers* handlers, WatchFilter filter);

  void Hear(const std::string& ns);
  // Calls `add` with the queue, and has the first of it written where nothing is on its way.
  template <typename AddTo>
  void Put(AddTo add);
  void End(const grpc::Status& status);

  Handlers* const handlers_;
  const WatchFilter filter_;
  bool holds_ = false;                 // the namespace is held in the interest table
  std::shared_ptr<WatchStream> self_;  // until OnDone
  v1::WatchEvent event_;               // the write's, while one is on its way

  Mutex mutex_;
  WatchQueue queue_ HOOKCAST_GUARDED_BY(mutex_);
  // Whoever sets it starts a write; the headers count as one.
  bool writing_ HOOKCAST_GUARDED_BY(mutex_) = true;
  bool ended_ HOOKCAST_GUARDED_BY(mutex_) = false;
  grpc::Status status_ HOOKCAST_GUARDED_BY(mutex_);
};

}  // namespace hookcast::control
