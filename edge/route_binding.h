#pragma once

#include <memory>

#include "broker/base/seldom.h"
#include "broker/config/config.h"
#include "broker/hooks/hook_client.h"
#include "broker/hooks/hook_policy.h"

namespace hookcast::edge {

// A route as one shard uses it: what it says, and who answers its hooks.
struct RouteBinding {
  const config::Route* route;  // outlives the node's shards
  hooks::HookPolicy policy;
  std::shared_ptr<hooks::HookClient> client;  // of all this shard's routes with one application
  Seldom failing{std::chrono::seconds(10)};   // logs a failure
};

}  // namespace hookcast::edge
