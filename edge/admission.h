#pragma once

#include <cstdint>
#include <memory>
#include <string>
#include <vector>

#include "absl/container/flat_hash_map.h"
#include "absl/status/statusor.h"
#include "broker/hooks/upgrade_verdict.h"
#include "broker/pubsub/peer_facts.h"
#include "edge/entry_rules.h"
#include "edge/http_server.h"
#include "edge/shard.h"
#include "edge/websocket/handshake.h"

namespace hookcast::edge {

// Turns requests into peers, or refuses them: finds the route, checks the handshake, asks the
// upgrade hook, answers 101 and starts the session. One a shard.
//
// Thread: shard-affine.
class Admission final : public HttpHandler {
 public:
  // The shard outlives this.
  explicit Admission(Shard* shard);
  ~Admission() override;

  HttpServer& server() { return server_; }

  // Tells those who wait for their upgrade that the node ends, and ends the other connections.
  void Shutdown();

  // HttpHandler.
  void OnRequest(HttpServer& server, ConnectionId id, HttpRequest request) override;
  void OnEnded(ConnectionId id, HttpEnding how) override;

 private:
  // A connection whose upgrade hook has not answered yet.
  struct Pending {
    RouteBinding* binding;
    PeerId peer;
    std::unique_ptr<pubsub::PeerFacts> facts;
    websocket::Handshake handshake;
    EntryRules::Place place;
    std::string resume_text;
  };

  void Refuse(ConnectionId id, metrics::Refusal cause, const HttpResponse& response);
  void AskUpgrade(ConnectionId id);
  void OnVerdict(ConnectionId id, absl::StatusOr<hooks::UpgradeVerdict> verdict);
  void OnHookFailure(ConnectionId id, const Pending& pending, const absl::Status& status);
  void Reject(ConnectionId id, hooks::Reject reject);
  void Admit(ConnectionId id, Pending pending, hooks::Accept accept);

  Shard* const shard_;
  HttpServer server_;
  absl::flat_hash_map<ConnectionId, Pending> pending_;
};

}  // namespace hookcast::edge
