#pragma once

#include <cstdint>
#include <memory>
#include <optional>
#include <string>
#include <string_view>

#include "broker/base/ids.h"
#include "broker/pubsub/message.h"
#include "broker/pubsub/peer_facts.h"
#include "broker/pubsub/topic_index.h"

namespace hookcast::pubsub {

// What a peer has done and holds, for lists and look-ups.
struct PeerCounts {
  uint64_t queued_bytes = 0;  // as limits.queue counts them
  uint64_t received_messages = 0;
  uint64_t sent_messages = 0;
  uint64_t pending_hooks = 0;
};

// One connected client, as the broker sees it. The seam between pub/sub and connections.
//
// Thread: shard-affine. Owned by its connection; the hub's pointer is removed before it ends.
class Peer {
 public:
  Peer(PeerId id, uint32_t max_topics) : id_(id), max_topics_(max_topics) {}
  Peer(const Peer&) = delete;
  Peer& operator=(const Peer&) = delete;
  virtual ~Peer() = default;

  const PeerId& id() const { return id_; }
  uint32_t max_topics() const { return max_topics_; }
  Membership& membership() { return membership_; }
  const Membership& membership() const { return membership_; }

  // A message of a topic that this peer is subscribed to. Queues it; neither blocks, nor writes,
  // nor changes the hub. False where it was not queued: the peer takes nothing any more, or its
  // queue is full and this was what the route drops.
  virtual bool Deliver(const Message& message) = 0;
  // Data for this peer alone. The same.
  virtual bool Send(const Data& data) = 0;
  // The peer was subscribed to the topic just now, and is to get what the topic's history holds
  // behind `since` before what comes. REQUIRES: its namespace keeps a history.
  virtual void ReplayTopic(std::string_view topic, Position since) = 0;
  // The peer was unsubscribed from the topic, and is still here.
  virtual void OnUnsubscribed(std::string_view topic) = 0;
  // Messages of its namespace, maybe of its topics, are missing between what was delivered to it
  // and what will be: so many, or nobody knows how many.
  virtual void OnMissed(std::optional<uint64_t> lost) = 0;
  // Closes on the application's behalf: what is queued goes out first. No effect on a peer that is
  // closing. REQUIRES: the code may be sent, RFC 6455 section 7.4; at most 123 bytes of reason.
  virtual void Close(uint16_t code, std::string_view reason) = 0;
  // Ends the connection without a Close frame.
  virtual void Terminate() = 0;

  virtual const PeerFacts& facts() const = 0;
  // Serialised hookcast.v1.Context, empty for none.
  virtual const std::string& context() const = 0;
  virtual PeerCounts counts() const = 0;

 private:
  const PeerId id_;
  const uint32_t max_topics_;
  Membership membership_;
};

}  // namespace hookcast::pubsub
