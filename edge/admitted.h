#pragma once

#include <algorithm>
#include <cstdint>
#include <memory>
#include <string>

#include "broker/hooks/upgrade_verdict.h"
#include "broker/pubsub/peer_facts.h"
#include "edge/http_server.h"
#include "edge/route_binding.h"
#include "edge/session.h"
#include "edge/shard.h"

namespace hookcast::edge {

// A client whose upgrade was accepted, and whose connection speaks HTTP no more: what each
// transport's entry makes a peer of.
struct Admitted {
  RouteBinding* binding;
  PeerId peer;
  std::unique_ptr<pubsub::PeerFacts> facts;
  hooks::Accept accept;
  Detached connection;
  std::string resume_text;  // as ResumeTextOf has it
};

// A route's limit, narrowed by what the application said for this peer.
template <typename T, typename U>
T Narrowed(T route, U peer) {
  return peer == 0 ? route : static_cast<T>(std::min<uint64_t>(route, peer));
}

// The session of an admitted client, in the shard's keeping; it has no transport yet. Takes facts
// and context.
inline Session* KeepSession(Shard* shard, Admitted* admitted) {
  auto session = std::make_unique<Session>(
      shard, admitted->binding, admitted->peer,
      Narrowed(static_cast<uint32_t>(admitted->binding->route->limits.topics),
               admitted->accept.limits.max_topics),
      std::move(admitted->facts), std::move(admitted->accept.context));
  Session* const kept = session.get();
  shard->Keep(std::move(session));
  return kept;
}

}  // namespace hookcast::edge
