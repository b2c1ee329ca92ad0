#pragma once

#include <string>

#include "absl/status/statusor.h"
#include "absl/time/time.h"
#include "cli/address.h"

namespace hookcast::cli {

// Finds where an address can be connected to: resolves its host and tries each result once, until
// one takes a TCP connection, which is closed again. Answers the gRPC target of that one, such as
// "ipv4:127.0.0.1:8082". gRPC's own connecting retries with backoff and tells no plain reason; this
// tells "connection refused" at once.
//
// Errors: UNAVAILABLE with the system's reason alone, of the last try. Takes no longer than
// timeout, beside the time that the system's resolver takes.
absl::StatusOr<std::string> Reach(const Address& address, absl::Duration timeout);

}  // namespace hookcast::cli
