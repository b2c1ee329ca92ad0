#pragma once

namespace hookcast::app {

// Sends what gRPC and protobuf log through broker/base/log.h, so that each line is one of ours.
// Thread: main, before the first use of either.
void RouteLibraryLogs();

}  // namespace hookcast::app
