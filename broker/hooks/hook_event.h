#pragma once

#include <cstdint>
#include <optional>
#include <string>
#include <variant>
#include <vector>

#include "broker/base/ids.h"
#include "broker/hooks/action.h"
#include "broker/metrics/catalogue.h"
#include "broker/pubsub/close_details.h"
#include "broker/pubsub/message.h"
#include "broker/pubsub/peer_facts.h"

namespace hookcast::hooks {

using metrics::Hook;

using pubsub::ClosedBy;
using pubsub::CloseDetails;

enum class ErrorKind : uint8_t { kProtocol, kLimit, kHook, kAction, kBackplane };

struct OpenEvent {
  std::optional<pubsub::Position> resume;  // what a client that came back holds
};
struct MessageEvent {
  pubsub::Data data;
};
struct CloseEvent {
  CloseDetails details;
  std::vector<std::string> topics;  // held at the end
};
struct ErrorEvent {
  ErrorKind kind = ErrorKind::kHook;
  std::string message;
  std::optional<CloseDetails> closing;
};

// The queue of a peer that was full fell below its low mark.
struct DrainEvent {
  uint64_t queued_bytes = 0;
};

// What a client that came back had missed was sent to it, as far as it is held.
struct ResumeEvent {
  pubsub::Position position;  // up to where it has everything now
  uint64_t replayed = 0;      // messages
  bool gap = false;           // some are not held any more, or cannot be known
};

// One event of one peer's life after its upgrade.
struct PeerEvent {
  uint64_t number = 0;  // counted from 1 for each peer
  uint32_t attempt = 1;
  std::variant<OpenEvent, MessageEvent, CloseEvent, ErrorEvent, DrainEvent, ResumeEvent> what;

  Hook hook() const;
};

// The request of a connection that is not a peer yet.
struct UpgradeEvent {
  PeerId id;  // the peer's, should it become one
  const pubsub::PeerFacts* facts = nullptr;
  const std::vector<std::string>* subprotocols = nullptr;  // offered, in the client's order
};

// What every hook but upgrade is answered with.
struct HookReply {
  std::vector<Action> actions;
  std::optional<std::string> context;  // serialised hookcast.v1.Context; replaces the peer's
};

// The id under which an application knows an event, unique across nodes and restarts:
// "<peer id>/<number>". The upgrade is number 0.
std::string EventId(const PeerId& peer, uint64_t number);

}  // namespace hookcast::hooks
