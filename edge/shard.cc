#include "edge/shard.h"

#include <algorithm>
#include <set>
#include <utility>

#include "broker/base/log.h"
#include "edge/session.h"

namespace hookcast::edge {
namespace {

// Clients that are told to leave come back: not all in one instant.
constexpr size_t kCloseBatch = 500;
constexpr Duration kCloseInterval = std::chrono::milliseconds(50);
constexpr Duration kLookAgain = std::chrono::milliseconds(20);

}  // namespace

Shard::Shard(const ShardContext* context, ShardLoop* loop, pubsub::Hub* hub)
    : context_(context),
      hub_(hub),
      reactor_(loop),
      compression_(context->metrics),
      look_again_(Timer::For<&Shard::ReleaseHeldBack>(this)),
      next_batch_(Timer::For<&Shard::CloseBatch>(this)) {
  connections_.node = &context->metrics->connections;
  bindings_.reserve(context->routes->routes().size());
  for (const config::Route& route : context->routes->routes()) {
    bindings_.push_back(
        {&route, hooks::HookPolicy(route), context->client_for(route, *loop, reactor_.timers())});
  }
}

// Clients first: no call may come back to a session that is gone.
Shard::~Shard() {
  bindings_.clear();
  sessions_.clear();
}

RouteBinding& Shard::BindingOf(const config::Route& route) {
  return bindings_[static_cast<size_t>(&route - context_->routes->routes().data())];
}

void Shard::Keep(std::unique_ptr<Session> session) {
  session->place_ = sessions_.size();
  sessions_.push_back(std::move(session));
}

// Nothing but sessions is ever in the hub of one of these.
void Shard::WithSession(const PeerId& peer, absl::AnyInvocable<void(Session*)> task) {
  if (context_->shard_set == nullptr) return task(static_cast<Session*>(hub_->Find(peer)));
  context_->shard_set->WithPeer(
      peer, [task = std::move(task)](pubsub::Hub&, pubsub::Peer* found) mutable {
        task(static_cast<Session*>(found));
      });
}

void Shard::Retire(Session* session) {
  const size_t place = session->place_;
  std::unique_ptr<Session> owned = std::move(sessions_[place]);
  if (place != sessions_.size() - 1) {
    sessions_[place] = std::move(sessions_.back());
    sessions_[place]->place_ = place;
  }
  sessions_.pop_back();
  reactor_.DisposeLater(std::move(owned));
  MaybeDone();
}

void Shard::HoldBack(const PeerId& peer) {
  if (held_back_.empty()) reactor_.Schedule(&look_again_, kLookAgain);
  held_back_.push_back(peer);
}

void Shard::ReleaseHeldBack() {
  if (congested()) return reactor_.Schedule(&look_again_, kLookAgain);
  // Those that are let go may be held back again.
  for (const PeerId& id : std::exchange(held_back_, {})) {
    if (pubsub::Peer* peer = hub_->Find(id)) static_cast<Session*>(peer)->ReadAgain();
  }
}

void Shard::WarnOfHook(RouteBinding* binding, std::string_view hook, const absl::Status& status) {
  if (!binding->failing.Pass(reactor_.Now())) return;
  log::Warn("hook failed", {{"route", binding->route->path},
                            {"application", binding->route->application},
                            {"hook", hook},
                            {"error", status.ToString()}});
}

void Shard::LeaveApplications(absl::AnyInvocable<void()> done) {
  std::set<hooks::HookClient*> clients;  // routes share them
  for (const RouteBinding& binding : bindings_) clients.insert(binding.client.get());
  if (clients.empty()) return done();
  const auto all = std::make_shared<absl::AnyInvocable<void()>>(std::move(done));
  const auto left = std::make_shared<size_t>(clients.size());
  for (hooks::HookClient* const client : clients) {
    client->Leave([all, left] {
      if (--*left == 0) (*all)();
    });
  }
}

void Shard::CloseAll(absl::AnyInvocable<void()> done, std::shared_ptr<LeavePace> pace) {
  if (!std::exchange(closing_, true)) still_open_ = sessions_.size();
  all_closed_ = std::move(done);
  if (pace == nullptr) pace = std::make_shared<LeavePace>(LeavePace::Rate(), reactor_.Now());
  pace_.emplace(std::move(pace), still_open_);
  CloseBatch();
}

// A session that ends is replaced by the last one, which was told already, or which is told once
// more: that does no harm.
void Shard::CloseBatch() {
  const TimePoint now = reactor_.Now();
  for (size_t n = 0; n < kCloseBatch; ++n) {
    still_open_ = std::min(still_open_, sessions_.size());
    if (still_open_ == 0) return MaybeDone();
    if (!pace_->TakeTurn(still_open_, now)) break;
    sessions_[--still_open_]->Shutdown();
  }
  reactor_.Schedule(&next_batch_, kCloseInterval);
}

void Shard::MaybeDone() {
  if (closing_ && sessions_.empty() && all_closed_ != nullptr) {
    std::exchange(all_closed_, nullptr)();
  }
}

}  // namespace hookcast::edge
