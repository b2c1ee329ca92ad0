#pragma once

#include <future>
#include <memory>
#include <optional>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

#include "absl/functional/any_invocable.h"
#include "broker/backplane/memory/memory_backplane.h"
#include "broker/base/shard_loop.h"
#include "broker/cluster/node_directory.h"
#include "broker/control/cluster_handlers.h"
#include "broker/control/handlers.h"
#include "broker/control/node_links.h"
#include "broker/hooks/action_executor.h"
#include "broker/metrics/catalogue.h"
#include "broker/pubsub/hub.h"
#include "broker/pubsub/interest_table.h"
#include "broker/pubsub/publisher.h"
#include "broker/pubsub/shard_set.h"
#include "tests/fakes/manual_clock.h"
#include "tests/fakes/recording_peer.h"

namespace hookcast::control {

// A node without an edge: shards whose peers are recording ones. Its loops stand still until Start.
class NodeUnderTest {
 public:
  explicit NodeUnderTest(size_t shards = 2);
  // One of several, that share a token or have none.
  NodeUnderTest(size_t shards, Incarnation incarnation, bool alone, std::string cluster_token);
  ~NodeUnderTest();

  void Start();
  // Stops the loops and throws away what they had not run.
  void DropLoops();

  // Runs `task` as the shard: in its loop once started, before that on a thread that ends at once,
  // as a shard's state belongs to the thread that touched it first.
  void OnShard(size_t shard, absl::AnyInvocable<void(pubsub::Hub&)> task);

  // A peer in a namespace, which is also its path, with subscriptions.
  fakes::RecordingPeer* AddPeer(size_t shard, const std::string& ns,
                                const std::vector<std::string>& topics = {},
                                uint32_t max_topics = 128);
  std::vector<std::string> Payloads(fakes::RecordingPeer* peer);

  Handlers& handlers() { return *handlers_; }
  // Of all nodes that this one was told of.
  ClusterHandlers& cluster_handlers() { return *cluster_handlers_; }
  cluster::NodeDirectory& directory() { return directory_; }
  pubsub::InterestTable& interest() { return interest_; }
  // From now until Release the shard runs nothing. REQUIRES: started, all loops that hold are
  // released.
  void Hold(size_t shard);
  void Release(size_t shard);

  metrics::Catalogue& metrics() { return metrics_; }
  pubsub::Watchers& watchers() { return watchers_; }
  backplane::MemoryBackplane& backplane() { return backplane_; }
  fakes::ManualClock& clock() { return clock_; }
  const Incarnation incarnation;
  bool ready = false;
  bool draining = false;
  // What drains were asked for.
  std::vector<std::optional<Duration>> drains;

 private:
  metrics::Catalogue metrics_;
  fakes::ManualClock clock_;
  // Namespaces whose names begin with "kept:" keep ten messages.
  backplane::MemoryBackplane backplane_{{.limits_of =
                                             [](std::string_view ns) {
                                               return pubsub::HistoryLimits{
                                                   ns.starts_with("kept:") ? size_t{10} : size_t{0},
                                                   std::chrono::hours(1)};
                                             },
                                         .clock = &clock_}};
  pubsub::InterestTable interest_{&backplane_};
  std::vector<std::unique_ptr<ShardLoop>> loops_;
  std::vector<std::unique_ptr<pubsub::Hub>> hubs_;
  pubsub::Watchers watchers_{&metrics_};
  std::unique_ptr<pubsub::ShardSet> shards_;
  pubsub::Publisher publisher_{incarnation, &backplane_, &metrics_, &clock_};
  hooks::ActionExecutor executor_{&publisher_};
  cluster::NodeDirectory directory_;
  std::unique_ptr<Handlers> handlers_;
  std::optional<NodeLinks> links_;
  std::optional<ClusterHandlers> cluster_handlers_;
  std::vector<std::unique_ptr<fakes::RecordingPeer>> peers_;
  std::vector<std::promise<void>> holds_;
  bool started_ = false;
};

}  // namespace hookcast::control
