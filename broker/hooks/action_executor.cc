#include "broker/hooks/action_executor.h"

#include <utility>

#include "broker/pubsub/limits.h"

namespace hookcast::hooks {
namespace {

struct Execution {
  pubsub::Publisher* publisher;
  pubsub::Hub& hub;
  pubsub::Peer& peer;
  const bool connected;
  ActionExecutor::NotTaken not_taken;

  absl::Status operator()(SendAction& action) {
    if (connected) peer.Send(action.data);
    return absl::OkStatus();
  }

  absl::Status operator()(SubscribeAction& action) {
    if (!connected) return pubsub::CheckTopic(action.topic);
    return action.since ? hub.SubscribeSince(&peer, action.topic, *action.since)
                        : hub.Subscribe(&peer, action.topic);
  }

  absl::Status operator()(UnsubscribeAction& action) {
    if (absl::Status status = pubsub::CheckTopic(action.topic); !status.ok()) return status;
    if (connected) hub.Unsubscribe(&peer, action.topic);
    return absl::OkStatus();
  }

  absl::Status operator()(PublishAction& action) {
    if (absl::Status status = pubsub::CheckTopic(action.topic); !status.ok()) return status;
    if (absl::Status status = pubsub::CheckIdempotencyKey(action.idempotency_key); !status.ok()) {
      return status;
    }
    pubsub::Publication publication{peer.facts().ns, std::move(action.topic),
                                    std::move(action.data), std::nullopt,
                                    std::move(action.idempotency_key)};
    if (!action.include_self) publication.exclude = peer.id();
    // The error hook may hear that it was not taken. It is too late then to try again: that would
    // come behind what was published since.
    publication.once = true;
    pubsub::PublishedCallback done;
    if (not_taken != nullptr) {
      done = [not_taken = std::move(not_taken)](pubsub::Published published) mutable {
        if (!published.status.ok()) not_taken(std::move(published.status));
      };
    }
    publisher->Publish(std::move(publication), std::move(done));
    return absl::OkStatus();
  }

  absl::Status operator()(CloseAction& action) {
    if (absl::Status status = CheckClose(action.code, action.reason); !status.ok()) return status;
    if (connected) peer.Close(action.code, action.reason);
    return absl::OkStatus();
  }

  absl::Status operator()(TerminateAction&) {
    if (connected) peer.Terminate();
    return absl::OkStatus();
  }
};

}  // namespace

absl::Status ActionExecutor::Execute(Action action, pubsub::Hub& hub, pubsub::Peer& peer,
                                     NotTaken not_taken) const {
  return std::visit(
      Execution{publisher_, hub, peer, hub.Find(peer.id()) == &peer, std::move(not_taken)}, action);
}

}  // namespace hookcast::hooks
