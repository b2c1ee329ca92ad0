#pragma once

#include <cstddef>
#include <deque>
#include <memory>
#include <string>
#include <vector>

#include "absl/status/status.h"
#include "broker/backplane/redis/pending_publish.h"
#include "broker/base/mutex.h"
#include "broker/pubsub/message.h"

namespace hookcast::backplane {

// Something on its way to Redis: a message, or an announcement.
struct Outgoing {
  pubsub::MessageRef message;               // null: it is an announcement
  std::string announcement;                 // its bytes
  std::shared_ptr<PendingPublish> pending;  // null: nobody waits for the answer

  size_t cost() const;  // of the memory it holds, about
};

// Where publishes wait for the link that takes them to Redis, in the order in which they came. Is
// open while that link is up, and bounded: a message that it does not take fails at once. The bound
// is not for announcements, which are small and few: by them nodes know that this one is alive.
//
// Thread: any.
class OutgoingQueue {
 public:
  explicit OutgoingQueue(size_t most_bytes) : most_bytes_(most_bytes) {}

  void Open();
  // From here on what comes is refused with `why`. What waits stays.
  void Close(absl::Status why);

  // OK, or UNAVAILABLE that says why.
  absl::Status Put(Outgoing item);

  // Moves what waits behind what is in `*out`, about so many bytes of it and at least one.
  void Take(size_t bytes, std::vector<Outgoing>* out);
  std::deque<Outgoing> TakeAll();

 private:
  const size_t most_bytes_;
  Mutex mutex_;
  absl::Status closed_ HOOKCAST_GUARDED_BY(mutex_) =
      absl::UnavailableError("the backplane is not started");
  std::deque<Outgoing> items_ HOOKCAST_GUARDED_BY(mutex_);
  size_t bytes_ HOOKCAST_GUARDED_BY(mutex_) = 0;
};

}  // namespace hookcast::backplane
