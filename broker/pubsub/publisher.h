#pragma once

#include <atomic>
#include <cstdint>
#include <optional>
#include <string>

#include "broker/base/clock.h"
#include "broker/base/ids.h"
#include "broker/metrics/catalogue.h"
#include "broker/pubsub/backplane.h"
#include "broker/pubsub/message.h"
#include "broker/pubsub/publish_keys.h"
#include "broker/pubsub/published.h"

namespace hookcast::pubsub {

// What somebody wants published.
struct Publication {
  std::string ns;
  std::string topic;
  Data data;
  std::optional<PeerId> exclude;
  std::string key;    // idempotency key; empty: none
  bool once = false;  // as Message has it
};

// The one way in for messages: checks names, finds repeats, gives the id, hands to the backplane.
//
// Thread: any.
class Publisher {
 public:
  // All outlive the publisher. The clock is for how long keys are kept.
  Publisher(Incarnation incarnation, Backplane* backplane, metrics::Catalogue* metrics,
            const Clock* clock = &Clock::System());

  // `done` may be null, and may be called before Publish returns, on any thread. Its status is OK;
  // INVALID_ARGUMENT for a namespace, topic or key that is against the limits, and nothing was
  // published; or UNAVAILABLE where the backplane did not take it.
  //
  // A publish with a key that was seen for its namespace within PublishKeys::kKept is not published
  // again: it gets the first one's id and count, when that one does. Where the first one failed, it
  // is tried again, under the same id and past the peers of this node that it had reached.
  void Publish(Publication publication, PublishedCallback done);

 private:
  MessageId NextId();
  void PublishKeyed(Publication publication, PublishedCallback done);
  void Send(Publication publication, MessageId id, bool delivered_here, TakenCallback taken);

  const Incarnation incarnation_;
  Backplane* const backplane_;
  metrics::Catalogue* const metrics_;
  std::atomic<uint64_t> last_sequence_{0};
  PublishKeys keys_;
};

}  // namespace hookcast::pubsub
