#include "broker/hooks/static_rules.h"

#include <algorithm>
#include <utility>

#include "absl/container/flat_hash_set.h"
#include "absl/strings/str_cat.h"
#include "broker/base/url_query.h"
#include "broker/config/path_pattern.h"
#include "broker/config/topic_pattern.h"
#include "broker/pubsub/limits.h"

namespace hookcast::hooks {
namespace {

constexpr std::string_view kTopicParameter = "topic";

}  // namespace

absl::StatusOr<std::vector<std::string>> StaticRules::TopicsOf(
    const pubsub::PeerFacts& facts) const {
  const config::StaticRules& rules = *route_->static_rules;
  std::vector<std::string> topics;
  absl::flat_hash_set<std::string> seen;
  const auto add = [&](std::string topic) {
    if (seen.insert(topic).second) topics.push_back(std::move(topic));
  };
  for (const std::string& topic : rules.subscribe) {
    add(config::ExpandTemplate(topic, facts.params, facts.path()));
  }
  if (rules.query_topics.empty()) return topics;
  const auto most = static_cast<size_t>(route_->limits.topics);
  for (std::string& topic : QueryValues(facts.query(), kTopicParameter)) {
    if (const absl::Status status = pubsub::CheckTopic(topic); !status.ok()) {
      return absl::InvalidArgumentError(absl::StrCat(
          "The query names a topic that is none: ", std::string(status.message()), "."));
    }
    const bool allowed = std::any_of(
        rules.query_topics.begin(), rules.query_topics.end(),
        [&](const std::string& pattern) { return config::MatchesTopicPattern(pattern, topic); });
    if (!allowed) {
      return absl::PermissionDeniedError(
          "The query names a topic that this path does not offer to its clients.");
    }
    add(std::move(topic));
    if (topics.size() > most) {
      return absl::InvalidArgumentError(absl::StrCat(
          "The query names too many topics; a client of this path may have ", most, "."));
    }
  }
  return topics;
}

void StaticRules::Upgrade(const UpgradeEvent& event, Duration, UpgradeDone done) {
  const absl::Status status = TopicsOf(*event.facts).status();
  if (status.ok()) return done(Accept{});
  const int code = absl::IsPermissionDenied(status) ? 403 : 400;
  done(Reject{code, {}, absl::StrCat(std::string(status.message()), "\n")});
}

void StaticRules::Call(const pubsub::Peer& peer, const PeerEvent& event, Affinity*, Duration,
                       HookDone done) {
  const pubsub::PeerFacts& facts = peer.facts();
  HookReply reply;
  if (std::holds_alternative<OpenEvent>(event.what)) {
    absl::StatusOr<std::vector<std::string>> topics = TopicsOf(facts);
    if (!topics.ok()) return done(topics.status());
    for (std::string& topic : *topics)
      reply.actions.emplace_back(SubscribeAction{std::move(topic)});
  } else if (const auto* message = std::get_if<MessageEvent>(&event.what)) {
    const config::StaticRules& rules = *route_->static_rules;
    switch (rules.on_message) {
      case config::OnMessage::kIgnore:
        break;
      case config::OnMessage::kEcho:
        reply.actions.emplace_back(SendAction{message->data});
        break;
      case config::OnMessage::kPublish:
        reply.actions.emplace_back(PublishAction{
            config::ExpandTemplate(rules.topic, facts.params, facts.path()), message->data, false});
        break;
    }
  }
  done(std::move(reply));
}

}  // namespace hookcast::hooks
