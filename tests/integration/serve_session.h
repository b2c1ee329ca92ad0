#pragma once

#include <grpcpp/grpcpp.h>

#include "hookcast/v1/hooks.grpc.pb.h"

namespace hookcast::testing {

// Serves a Session stream with a service's own unary hooks, each in a thread of its own, as those
// may block. Returns once the node has ended its side and all were answered.
grpc::Status ServeSession(v1::HookService::Service* service,
                          grpc::ServerReaderWriter<v1::SessionReply, v1::SessionRequest>* stream);

}  // namespace hookcast::testing
