#pragma once

#include <cstdint>
#include <functional>
#include <memory>
#include <optional>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

#include "absl/functional/any_invocable.h"
#include "broker/base/shard_loop.h"
#include "broker/base/timer_wheel.h"
#include "broker/config/config.h"
#include "broker/config/route_table.h"
#include "broker/hooks/action_executor.h"
#include "broker/metrics/catalogue.h"
#include "broker/pubsub/hub.h"
#include "broker/pubsub/shard_set.h"
#include "edge/compression.h"
#include "edge/entry_rules.h"
#include "edge/leave_pace.h"
#include "edge/peer_secrets.h"
#include "edge/post_forwarding.h"
#include "edge/reactor.h"
#include "edge/route_binding.h"
#include "edge/socket.h"

namespace hookcast::edge {

class Session;

// What all shards of a node share. Outlives them.
struct ShardContext {
  const config::Config* config;
  const config::RouteTable* routes;
  const hooks::ActionExecutor* executor;
  EntryRules* entry_rules;
  const PeerSecrets* peer_secrets;
  PostForwarding post_forwarding;
  metrics::Catalogue* metrics;
  // The client that answers a route's hooks on one shard; the same for routes that share one.
  std::function<std::shared_ptr<hooks::HookClient>(const config::Route&, ShardLoop&, ShardTimers&)>
      client_for;
  // Null where there is one shard and nothing to wait for.
  pubsub::ShardSet* shard_set = nullptr;
  // Sessions of a shard whose connection is gone and whose close hook is not answered yet. Beyond
  // so many a close that fails is not tried again.
  size_t most_leaving = 100'000;
};

// One event-loop thread of a node, with the peers that live on it and a client for each route's
// hooks.
//
// Thread: shard-affine, but for what says otherwise.
class Shard {
 public:
  // REQUIRES: the loop does not run yet. All three outlive the shard.
  Shard(const ShardContext* context, ShardLoop* loop, pubsub::Hub* hub);
  Shard(const Shard&) = delete;
  Shard& operator=(const Shard&) = delete;
  // Ends all sessions as they are. REQUIRES: the loop has stopped.
  ~Shard();

  Reactor& reactor() { return reactor_; }
  pubsub::Hub& hub() { return *hub_; }
  const config::Config& config() const { return *context_->config; }
  const config::RouteTable& routes() const { return *context_->routes; }
  const hooks::ActionExecutor& executor() const { return *context_->executor; }
  EntryRules& entry_rules() { return *context_->entry_rules; }
  const PostForwarding& post_forwarding() const { return context_->post_forwarding; }
  const PeerSecrets& peer_secrets() { return *context_->peer_secrets; }
  metrics::Catalogue& metrics() { return *context_->metrics; }
  Compression& compression() { return compression_; }
  // The route is one of the table's.
  RouteBinding& BindingOf(const config::Route& route);
  // Thread: any.
  ConnectionCount& connections() { return connections_; }

  void Keep(std::unique_ptr<Session> session);
  // Runs `task` on the shard that holds this peer, with its session, or with null where there is
  // none: at once where that is this one, else posted; never, where that shard is stopped.
  void WithSession(const PeerId& peer, absl::AnyInvocable<void(Session*)> task);
  // The session is at its end: it is destroyed once nothing of it is on the stack.
  void Retire(Session* session);
  size_t session_count() const { return sessions_.size(); }

  // Whether messages that lead to more should wait; see ShardSet::Congested.
  bool congested() const {
    return context_->shard_set != nullptr && context_->shard_set->Congested();
  }
  // Calls peer->ReadAgain() once that is over.
  void HoldBack(const PeerId& peer);

  bool too_many_leaving() const {
    return sessions_.size() > hub_->peer_count() + context_->most_leaving;
  }

  // Says in the log that a route's hook failed, no more than once in ten seconds for each route.
  void WarnOfHook(RouteBinding* binding, std::string_view hook, const absl::Status& status);

  // Takes leave of all applications, and calls `done` once they know. REQUIRES: CloseAll is done.
  void LeaveApplications(absl::AnyInvocable<void()> done);

  // Closes all peers with 1012, at a pace that it shares with the node's other shards, or, where
  // that is null, as fast as goes in batches; and calls `done` once the last session has ended. New
  // sessions must not come any more. Called again it goes on at the new pace, and calls the new
  // `done` in place of the other.
  void CloseAll(absl::AnyInvocable<void()> done, std::shared_ptr<LeavePace> pace = nullptr);
  bool closing() const { return closing_; }

 private:
  void ReleaseHeldBack();
  void CloseBatch();
  void MaybeDone();

  const ShardContext* const context_;
  pubsub::Hub* const hub_;
  ConnectionCount connections_;
  Reactor reactor_;
  Compression compression_;
  std::vector<RouteBinding> bindings_;              // in the order of the table's routes
  std::vector<std::unique_ptr<Session>> sessions_;  // each knows its place
  std::vector<PeerId> held_back_;
  Timer look_again_;
  bool closing_ = false;
  size_t still_open_ = 0;  // sessions before this place were not told to close
  std::optional<LeavePace::Part> pace_;
  absl::AnyInvocable<void()> all_closed_;
  Timer next_batch_;
};

}  // namespace hookcast::edge
