#include "edge/app/applications.h"

#include <algorithm>

#include "broker/hooks/grpc/grpc_hook_client.h"
#include "broker/hooks/static_rules.h"

namespace hookcast::app {

std::shared_ptr<hooks::HookClient> Applications::ClientFor(const config::Route& route,
                                                           ShardLoop& loop, ShardTimers& timers) {
  if (route.static_rules) return std::make_shared<hooks::StaticRules>(&route);
  Application& application = applications_[route.application];
  std::shared_ptr<hooks::HookClient> client = application.clients[loop.id()].lock();
  if (client != nullptr) return client;
  if (application.link == nullptr) {
    application.link = std::make_shared<hooks::GrpcApplication>(route.application);
  }
  const size_t share = static_cast<size_t>(route.max_in_flight) / shards_;
  client = std::make_shared<hooks::GrpcHookClient>(
      hooks::ApplicationClient::Settings{.target = route.application,
                                         .node = node_,
                                         .mode = route.hook_mode,
                                         .sessions = route.sessions,
                                         .max_in_flight = std::max<size_t>(1, share),
                                         .breaker = route.breaker},
      application.link, &loop, &timers, metrics_);
  application.clients[loop.id()] = client;
  return client;
}

}  // namespace hookcast::app
