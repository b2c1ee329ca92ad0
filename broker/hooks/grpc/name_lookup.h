#pragma once

#include <atomic>
#include <string>
#include <vector>

#include "absl/status/statusor.h"
#include "broker/hooks/grpc/target.h"

namespace hookcast::hooks {

// Looks a name up, as its servers and the hosts file have it now, and returns its addresses as
// targets, sorted, each once. UNAVAILABLE that says why, where there are none. Blocks, for no more
// than 5 s and no longer than until `stop` becomes true. Thread: any.
absl::StatusOr<std::vector<std::string>> LookUp(const DnsName& name, const std::atomic<bool>& stop);

}  // namespace hookcast::hooks
