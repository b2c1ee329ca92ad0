#pragma once

#include <memory>

namespace grpc {
class Service;
}  // namespace grpc

namespace hookcast::control {

class Handlers;
class Tokens;

// BrokerService over gRPC: whom the tokens let, the handlers answer. A caller shows its token as
// "authorization" in the call's metadata.
//
// Thread: gRPC's. Both outlive it.
std::unique_ptr<grpc::Service> MakeControlService(Handlers* handlers, Tokens* tokens);

}  // namespace hookcast::control
