#include "tests/unit/edge/test_shard.h"

#include <utility>

#include "absl/strings/str_cat.h"
#include "broker/hooks/static_rules.h"
#include "edge/session.h"

namespace hookcast::edge {

pubsub::Data TextData(std::string_view text) {
  return {.kind = pubsub::DataKind::kText, .payload = Bytes::Copy(text)};
}

config::Config TestShard::ConfigOf(std::vector<config::Route> routes) {
  config::Config config;
  config.routes = std::move(routes);
  return config;
}

config::Route TestShard::RouteAt(std::string path) {
  config::Route route;
  route.path = std::move(path);
  route.application = "the test";
  route.hooks.error = true;
  return route;
}

TestShard::TestShard(config::Config config, size_t most_leaving)
    : config_(std::move(config)), routes_(config_.routes) {
  backplane_.Start(&shards_, nullptr);
  context_ = {.config = &config_,
              .routes = &routes_,
              .executor = &executor_,
              .entry_rules = &entry_rules_,
              .peer_secrets = &peer_secrets_,
              .metrics = &metrics_,
              .client_for = [this](const config::Route& route, ShardLoop&,
                                   ShardTimers&) -> std::shared_ptr<hooks::HookClient> {
                if (route.static_rules) {
                  applications_.push_back(nullptr);
                  return std::make_shared<hooks::StaticRules>(&route);
                }
                auto application = std::make_shared<fakes::ScriptedHookClient>();
                applications_.push_back(application.get());
                return application;
              },
              .shard_set = &shards_};
  context_.most_leaving = most_leaving;
  shard_ = std::make_unique<Shard>(&context_, &loop_, &hub_);
}

TestShard::~TestShard() {
  backplane_.Stop();
  shard_.reset();
}

TestShard::Opened TestShard::Open(std::string ns, size_t route, uint32_t max_topics,
                                  std::string_view resume_text) {
  auto facts = std::make_unique<pubsub::PeerFacts>();
  facts->ns = std::move(ns);
  facts->target = facts->ns;
  const config::Route& configured = routes_.routes()[route];
  facts->route = configured.path;
  auto record = std::make_shared<fakes::RecordingTransport::Record>();
  auto session = std::make_unique<Session>(shard_.get(), &shard_->BindingOf(configured),
                                           hub_.NextPeerId(), max_topics, std::move(facts), "");
  Session* const opened = session.get();
  shard_->Keep(std::move(session));
  opened->Start(std::make_unique<fakes::RecordingTransport>(record), resume_text);
  return {opened, std::move(record)};
}

void TestShard::Publish(std::string_view ns, std::string_view topic, std::string_view text) {
  publisher_.Publish({std::string(ns), std::string(topic), TextData(text), std::nullopt}, nullptr);
}

std::string TestShard::GaugesLeft() const {
  std::string left;
  for (const metrics::Gauge* gauge :
       {&metrics_.connections, &metrics_.peers, &metrics_.namespaces, &metrics_.topics,
        &metrics_.subscriptions, &metrics_.queued_bytes, &metrics_.peers_behind,
        &metrics_.hooks_in_flight, &metrics_.events_waiting}) {
    if (gauge->value() != 0) {
      absl::StrAppend(&left, std::string(gauge->name()), " ", gauge->value(), "\n");
    }
  }
  if (hub_.peer_count() != 0) absl::StrAppend(&left, "peers of the hub ", hub_.peer_count(), "\n");
  return left;
}

}  // namespace hookcast::edge
