#pragma once

#include <functional>
#include <memory>

#include "broker/control/answer.h"
#include "hookcast/v1/node.pb.h"

namespace grpc {
class Service;
}  // namespace grpc

namespace hookcast::control {

class ClusterHandlers;
class ClusterToken;
class Handlers;
class Tokens;

// What the control port is made of. All outlive it.
struct ControlParts {
  Handlers* handlers;                 // of this node
  ClusterHandlers* cluster_handlers;  // of all
  Tokens* tokens;
  const ClusterToken* cluster_token;
  // Takes what another node forwards; null where nothing is taken. Answers on any thread.
  std::function<void(const v1::PostRequest&, Answer<v1::PostResponse>)> post;
};

// BrokerService over gRPC: whom the tokens let, the handlers of the cluster answer. A caller shows
// its token as "authorization" in the call's metadata. A call between nodes (node_links.h) needs
// the cluster's token instead, where there is one, and is answered for this node alone;
// FAILED_PRECONDITION where it is meant for another node.
//
// Thread: gRPC's.
std::unique_ptr<grpc::Service> MakeControlService(const ControlParts& parts);
// NodeService, for calls between nodes alone.
std::unique_ptr<grpc::Service> MakeNodeService(const ControlParts& parts);

}  // namespace hookcast::control
