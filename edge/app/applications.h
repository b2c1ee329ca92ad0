#pragma once

#include <cstddef>
#include <map>
#include <memory>
#include <string>

#include "broker/base/ids.h"
#include "broker/base/shard_loop.h"
#include "broker/base/shard_timers.h"
#include "broker/config/config.h"
#include "broker/hooks/grpc/grpc_application.h"
#include "broker/hooks/hook_client.h"
#include "broker/metrics/catalogue.h"

namespace hookcast::app {

// The applications that a node's routes name: each is looked up and connected to once, and has a
// client on each shard, which routes with one application share. The configuration was checked to
// say the same of it in each.
//
// Thread: main, before the shards run.
class Applications {
 public:
  // `shards` have an equal part of max_in_flight each. The metrics outlive the clients.
  Applications(std::string node, size_t shards, metrics::Catalogue* metrics)
      : node_(std::move(node)), shards_(shards), metrics_(metrics) {}

  // The client that answers the route's hooks on this shard; of static rules, one of its own. The
  // route, loop and timers outlive it.
  std::shared_ptr<hooks::HookClient> ClientFor(const config::Route& route, ShardLoop& loop,
                                               ShardTimers& timers);

 private:
  struct Application {
    std::shared_ptr<hooks::GrpcApplication> link;
    std::map<ShardId, std::weak_ptr<hooks::HookClient>> clients;  // the shards' own
  };

  const std::string node_;
  const size_t shards_;
  metrics::Catalogue* const metrics_;
  std::map<std::string, Application> applications_;
};

}  // namespace hookcast::app
