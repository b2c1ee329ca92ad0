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
#include "edge/negotiation.h"
#include "edge/post_entry.h"
#include "edge/shard.h"

namespace hookcast::edge {

// Turns requests into peers, or refuses them: finds the route, sees what the request asks of it,
// asks the upgrade hook, and starts the session behind a WebSocket or an event stream. Answers
// what else such routes are asked: HEAD, OPTIONS, and POST of a message. One a shard.
//
// Thread: shard-affine.
class Admission final : public HttpHandler {
 public:
  // The shard outlives this.
  explicit Admission(Shard* shard);
  ~Admission() override;

  HttpServer& server() { return server_; }

  // Tells those who wait for their upgrade that the node takes no peers any more. REQUIRES: the
  // shard is closing.
  void RefuseWaiting();
  // The same, and ends the other connections.
  void Shutdown();

  // HttpHandler.
  std::optional<HttpResponse> OnHead(ConnectionId id, const HttpRequest& head,
                                     size_t* body_limit) override;
  void OnRequest(HttpServer& server, ConnectionId id, HttpRequest request) override;
  void OnEnded(ConnectionId id, HttpEnding how) override;

 private:
  // A request that can be looked at further: its route, and what the path gives the parameters.
  struct Matched {
    const config::Route* route;
    RouteBinding* binding;
    config::Params params;
    HttpHeaders cors;  // for every answer, where the route has event streams

    bool posts() const { return binding->policy.Wants(hooks::Hook::kMessage); }
  };
  // A connection whose upgrade hook has not answered yet.
  struct Pending {
    RouteBinding* binding;
    PeerId peer;
    std::unique_ptr<pubsub::PeerFacts> facts;
    std::variant<websocket::Handshake, WantsEventStream> wants;
    HttpHeaders cors;
    EntryRules::Place place;
    std::string resume_text;

    const std::vector<std::string>& offered() const;
  };

  // Brings the target into its usual form. The refusal where the request names no route.
  std::variant<Matched, EntryRefusal> Match(HttpRequest* request);
  void Enter(ConnectionId id, Matched matched, HttpRequest request,
             std::variant<websocket::Handshake, WantsEventStream> wants);
  void Refuse(ConnectionId id, metrics::Refusal cause, const HttpResponse& response);
  void AskUpgrade(ConnectionId id);
  void OnVerdict(ConnectionId id, absl::StatusOr<hooks::UpgradeVerdict> verdict);
  void OnHookFailure(ConnectionId id, const Pending& pending, const absl::Status& status);
  void Reject(ConnectionId id, const Pending& pending, hooks::Reject reject);
  void Admit(ConnectionId id, Pending pending, hooks::Accept accept);

  Shard* const shard_;
  HttpServer server_;
  PostEntry posts_;
  absl::flat_hash_map<ConnectionId, Pending> pending_;
};

}  // namespace hookcast::edge
