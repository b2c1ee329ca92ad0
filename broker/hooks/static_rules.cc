#include "broker/hooks/static_rules.h"

#include <utility>

#include "broker/config/path_pattern.h"

namespace hookcast::hooks {

void StaticRules::Upgrade(const UpgradeEvent&, Duration, UpgradeDone done) { done(Accept{}); }

void StaticRules::Call(const pubsub::Peer& peer, const PeerEvent& event, Affinity*, Duration,
                       HookDone done) {
  const pubsub::PeerFacts& facts = peer.facts();
  HookReply reply;
  if (std::holds_alternative<OpenEvent>(event.what)) {
    for (const std::string& topic : rules_->subscribe) {
      reply.actions.emplace_back(
          SubscribeAction{config::ExpandTemplate(topic, facts.params, facts.path())});
    }
  } else if (const auto* message = std::get_if<MessageEvent>(&event.what)) {
    switch (rules_->on_message) {
      case config::OnMessage::kIgnore:
        break;
      case config::OnMessage::kEcho:
        reply.actions.emplace_back(SendAction{message->data});
        break;
      case config::OnMessage::kPublish:
        reply.actions.emplace_back(
            PublishAction{config::ExpandTemplate(rules_->topic, facts.params, facts.path()),
                          message->data, false});
        break;
    }
  }
  done(std::move(reply));
}

}  // namespace hookcast::hooks
