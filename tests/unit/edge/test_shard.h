#pragma once

#include <memory>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

#include "absl/functional/function_ref.h"
#include "broker/base/shard_loop.h"
#include "broker/config/config.h"
#include "broker/config/route_table.h"
#include "broker/hooks/action_executor.h"
#include "broker/metrics/catalogue.h"
#include "broker/pubsub/hub.h"
#include "broker/pubsub/interest_table.h"
#include "broker/pubsub/publisher.h"
#include "broker/pubsub/shard_set.h"
#include "edge/entry_rules.h"
#include "edge/shard.h"
#include "tests/fakes/edge/cut_off_backplane.h"
#include "tests/fakes/edge/recording_transport.h"
#include "tests/fakes/edge/scripted_hook_client.h"
#include "tests/unit/edge/polled_loop.h"

namespace hookcast::edge {

class Session;

// A node of one shard, without sockets: real hub, publisher and own part of the backplane, and for
// each route without static rules an application that the test plays. No thread; the test polls the
// loop.
class TestShard {
 public:
  static constexpr Incarnation kNode{0xabc};
  static constexpr size_t kKept = 1000;

  // A configuration with these routes, whose other settings are the defaults.
  static config::Config ConfigOf(std::vector<config::Route> routes);
  // A route with an application.
  static config::Route RouteAt(std::string path);

  explicit TestShard(config::Config config, size_t most_leaving = 100'000);
  ~TestShard();

  ShardLoop& loop() { return loop_; }
  Shard& shard() { return *shard_; }
  pubsub::Hub& hub() { return hub_; }
  pubsub::Publisher& publisher() { return publisher_; }
  fakes::CutOffBackplane& backplane() { return backplane_; }
  metrics::Catalogue& metrics() { return metrics_; }
  const config::Config& config() const { return config_; }
  // Of the route at this place. REQUIRES: it has no static rules.
  fakes::ScriptedHookClient& application(size_t route = 0) { return *applications_[route]; }

  // From here on posts for peers of other nodes go this way.
  void ForwardPosts(PostForwarding forwarding) { context_.post_forwarding = std::move(forwarding); }

  // A peer with a recording transport, which has been started. The route is named by its place.
  struct Opened {
    Session* session;  // until it has ended
    std::shared_ptr<fakes::RecordingTransport::Record> transport;
  };
  Opened Open(std::string ns, size_t route = 0, uint32_t max_topics = 128,
              std::string_view resume_text = {});

  // Publishes text, from outside.
  void Publish(std::string_view ns, std::string_view topic, std::string_view text);

  bool RunUntil(absl::FunctionRef<bool()> holds) { return edge::RunUntil(loop_, holds); }
  void RunReady() { edge::RunReady(loop_); }

  // Destroys the shard, as at a node's end.
  void DestroyShard() { shard_.reset(); }

  // What differs from zero among the gauges of peers, topics, hooks and bytes; empty where none.
  std::string GaugesLeft() const;

 private:
  const config::Config config_;
  ShardLoop loop_{ShardId{0}};
  metrics::Catalogue metrics_;
  // Namespaces whose names begin with "kept" keep their latest kKept messages.
  fakes::CutOffBackplane backplane_{{.limits_of = [](std::string_view ns) {
    return pubsub::HistoryLimits{ns.starts_with("kept") ? kKept : 0, std::chrono::hours(1)};
  }}};
  pubsub::InterestTable interest_{&backplane_};
  pubsub::Hub hub_{kNode, ShardId{0}, &interest_, &metrics_};
  pubsub::ShardSet shards_{{{&loop_, &hub_}}, &interest_};
  pubsub::Publisher publisher_{kNode, &backplane_, &metrics_};
  hooks::ActionExecutor executor_{&publisher_};
  const config::RouteTable routes_;
  EntryRules entry_rules_{config_.proxies, &routes_};
  PeerSecrets peer_secrets_;
  ShardContext context_;
  std::vector<fakes::ScriptedHookClient*> applications_;  // null for static rules
  std::unique_ptr<Shard> shard_;
};

// Text as a message's data.
pubsub::Data TextData(std::string_view text);

}  // namespace hookcast::edge
