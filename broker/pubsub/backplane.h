#pragma once

#include <string>
#include <string_view>

#include "absl/functional/any_invocable.h"
#include "absl/status/status.h"
#include "broker/pubsub/message.h"

namespace hookcast::pubsub {

// Called once: how the backplane took a message, and to how many of this node's peers it went.
using TakenCallback = absl::AnyInvocable<void(absl::Status, uint64_t local_count)>;

// Where messages arrive for this node's own peers.
class Receiver {
 public:
  virtual ~Receiver() = default;
  // Hands the message to every shard that wants its namespace. `delivered`, where not null, is
  // called once, when all of them are done, with the number of peers; never, where a shard is
  // stopped before its turn. Thread: any.
  virtual void Receive(MessageRef message, absl::AnyInvocable<void(uint64_t)> delivered) = 0;
};

// Carries messages to all nodes, this one included. The seam behind which one node alone and many
// nodes look alike.
//
// Guarantees, held by every implementation and by one suite of contract tests:
//   1. Isolation: what is published to a namespace is received for that namespace alone.
//   2. Order: what one thread publishes is received in that order, by each node.
//   3. This node's own receiver gets each message exactly once; one that says delivered_here it
//      has, and does not get.
//   4. `taken` is called exactly once for each publish, also when the backplane stops.
//
// Thread: any, but for Start and Stop.
class Backplane {
 public:
  virtual ~Backplane() = default;

  // REQUIRES: called once, before anything else; the receiver outlives Stop.
  virtual void Start(Receiver* receiver) = 0;
  // Waits for publishes under way. Afterwards nothing is received, and a publish fails with
  // UNAVAILABLE. REQUIRES: called by no receiver and no `taken`.
  virtual void Stop() = 0;

  // `taken` may be null; it may be called before Publish returns, on any thread. It gets OK, or
  // UNAVAILABLE where other nodes may not have heard; the local count holds either way.
  virtual void Publish(MessageRef message, TakenCallback taken) = 0;

  // This node begins, or ceases, to want a namespace's messages from other nodes. Never blocks. The
  // calls for one namespace alternate and come in order.
  virtual void Subscribe(std::string_view ns) = 0;
  virtual void Unsubscribe(std::string_view ns) = 0;

  // OK, or why this node cannot hear the others now: one sentence, for the readiness page.
  virtual absl::Status Health() const = 0;
};

}  // namespace hookcast::pubsub
