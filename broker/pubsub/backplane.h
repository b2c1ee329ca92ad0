#pragma once

#include <cstddef>
#include <cstdint>
#include <functional>
#include <optional>
#include <string>
#include <string_view>

#include "absl/functional/any_invocable.h"
#include "absl/status/status.h"
#include "broker/pubsub/history.h"
#include "broker/pubsub/message.h"

namespace hookcast::pubsub {

// Called once: how the backplane took a message, and to how many of this node's peers it went.
using TakenCallback = absl::AnyInvocable<void(absl::Status, uint64_t local_count)>;

// Called once a message was delivered here, with the number of this node's peers that took it.
using DeliveredCallback = absl::AnyInvocable<void(uint64_t local_count)>;

// Called once: whether a namespace is heard.
using HeardCallback = absl::AnyInvocable<void(bool heard)>;

// What a node, maybe this one, announced to all; empty where announcements may have been missed in
// front of those that come from now on. Does not announce from inside the call. Thread:
// any, one call at a time.
using AnnouncedCallback = std::function<void(std::string_view bytes)>;

// Where messages arrive for this node's own peers.
class Receiver {
 public:
  virtual ~Receiver() = default;
  // Hands the message to every shard that wants its namespace. `delivered`, where not null, is
  // called once, when all of them are done; never, where a shard is stopped before its turn.
  // Thread: any.
  virtual void Receive(MessageRef message, DeliveredCallback delivered) = 0;

  // The same for messages with a position, of which every shard has to see one order. Line takes a
  // place for the message at each shard that wants its namespace now, and calls nobody: whoever
  // gives positions calls it under the lock that gives them. What it returns does the rest, and is
  // called once the lock is given back. Where that is a shard's own thread, the shard has all of
  // its line up to the message when it returns. Thread: any.
  using Rest = absl::AnyInvocable<void()>;
  virtual Rest Line(MessageRef message, DeliveredCallback delivered) = 0;

  // A message that another node published. Never blocks: a shard for which too much waits does not
  // get it, and its subscribers of the namespace are told so in its place. Thread: any, one at a
  // time for a namespace.
  virtual void ReceiveRemote(MessageRef message) = 0;

  // Messages of the namespace are missing, behind what was received of it and in front of what
  // will be: so many, or, without a number, nobody knows how many. Thread: as ReceiveRemote.
  virtual void Missed(std::string_view ns, std::optional<uint64_t> lost) = 0;
};

// Carries messages to all nodes, this one included. The seam behind which one node alone and many
// nodes look alike.
//
// Guarantees, held by every implementation and by one suite of contract tests:
//   1. Isolation: what is published to a namespace is received for that namespace alone.
//   2. Order: what one thread publishes to one namespace is received in that order, by each node.
//   3. This node's own receiver gets each message exactly once, whether or not other nodes can be
//      reached; one that says delivered_here it has, and does not get.
//   4. `taken` is called exactly once for each publish, also when the backplane stops.
//   5. History, where a namespace keeps it: a message gets its position and is kept before any
//      receiver has it, and all of the namespace's receivers and readers see one order: sequences
//      of an epoch run from 1 without holes. What was appended before a node became interested is
//      at or below the head that it reads afterwards; what comes later it receives.
//
// Thread: any, but for Start and Stop.
class Backplane {
 public:
  virtual ~Backplane() = default;

  // `announced` may be null. REQUIRES: called once, before anything else; the receiver, and what
  // `announced` uses, outlive Stop.
  virtual void Start(Receiver* receiver, AnnouncedCallback announced) = 0;
  // Waits for publishes under way. Afterwards nothing is received or announced, and a publish fails
  // with UNAVAILABLE. REQUIRES: called by no receiver and no `taken`.
  virtual void Stop() = 0;

  // `taken` may be null; it may be called before Publish returns, on any thread. It gets OK, or
  // UNAVAILABLE where other nodes may not have heard (NotTaken, MaybeTaken); the local count holds
  // either way.
  // REQUIRES: nobody else has the message yet: it is given its position.
  virtual void Publish(std::shared_ptr<Message> message, TakenCallback taken) = 0;

  // Whether the namespace keeps a history. By its name alone; never changes.
  virtual bool KeepsHistory(std::string_view ns) const = 0;
  // A page of the history. `done` is called once, maybe before the call returns, on any thread and
  // under no lock.
  virtual void ReadHistory(HistoryQuery query, HistoryCallback done) = 0;
  // The head of the history. `done` is called once, under no lock, by the calling thread and before
  // the call returns: a shard knows where its subscribers stand before anything else happens there.
  virtual void ReadHead(std::string_view ns, HeadCallback done) = 0;

  // This node begins, or ceases, to want a namespace's messages from other nodes. Never blocks. The
  // calls for one namespace alternate and come in order.
  virtual void Subscribe(std::string_view ns) = 0;
  virtual void Unsubscribe(std::string_view ns) = 0;

  // Whether what any node publishes to the namespace from now on is received here, or told as
  // missed. Cheap.
  virtual bool Hears(std::string_view ns) const = 0;
  // Calls `done` once, on any thread, maybe before it returns, and under no lock. True as soon as
  // Hears holds. False where that is not so within a second, where this node does not want the
  // namespace, or ceases to, and where the backplane stops. Who was told false is told as missed
  // what comes until the namespace is heard.
  virtual void AwaitHeard(std::string_view ns, HeardCallback done) = 0;

  // Hands `bytes`, at most kMostAnnouncement, to `announced` of every node, this one too. Never
  // blocks; lost where this node cannot reach the others now.
  static constexpr size_t kMostAnnouncement = 4096;
  virtual void Announce(std::string bytes) = 0;

  // OK, or why this node cannot hear the others now: one sentence, for the readiness page.
  virtual absl::Status Health() const = 0;
};

}  // namespace hookcast::pubsub
