#pragma once

#include <memory>

namespace grpc {
class Service;
}  // namespace grpc

namespace hookcast::control {

class Handlers;

// BrokerService over gRPC: what it asks of the handlers, it answers. What this version does not
// have is UNIMPLEMENTED, with a sentence.
//
// Thread: gRPC's. The handlers outlive it.
std::unique_ptr<grpc::Service> MakeControlService(Handlers* handlers);

}  // namespace hookcast::control
