#pragma once

#include <atomic>
#include <cstdint>
#include <optional>
#include <string>

#include "absl/functional/any_invocable.h"
#include "absl/status/status.h"
#include "broker/base/ids.h"
#include "broker/metrics/catalogue.h"
#include "broker/pubsub/backplane.h"
#include "broker/pubsub/message.h"

namespace hookcast::pubsub {

// What somebody wants published.
struct Publication {
  std::string ns;
  std::string topic;
  Data data;
  std::optional<PeerId> exclude;
};

struct Published {
  absl::Status status;
  MessageId id;              // meaningless where nothing was published
  uint64_t local_count = 0;  // peers of this node that took it
};
using PublishedCallback = absl::AnyInvocable<void(Published)>;

// The one way in for messages: checks names, gives the id, hands to the backplane.
//
// Thread: any.
class Publisher {
 public:
  // Both outlive the publisher.
  Publisher(Incarnation incarnation, Backplane* backplane, metrics::Catalogue* metrics);

  // `done` may be null, and may be called before Publish returns, on any thread. Its status is OK;
  // INVALID_ARGUMENT for a namespace or topic that is against the limits, and nothing was
  // published; or UNAVAILABLE where the backplane did not take it.
  void Publish(Publication publication, PublishedCallback done);

 private:
  const Incarnation incarnation_;
  Backplane* const backplane_;
  metrics::Catalogue* const metrics_;
  std::atomic<uint64_t> last_sequence_{0};
};

}  // namespace hookcast::pubsub
