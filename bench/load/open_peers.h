// Opens many connections, some at a time.

#ifndef HOOKCAST_BENCH_LOAD_OPEN_PEERS_H_
#define HOOKCAST_BENCH_LOAD_OPEN_PEERS_H_

#include <cstddef>
#include <memory>
#include <vector>

#include "absl/status/status.h"
#include "bench/load/connection.h"
#include "bench/load/loop.h"
#include "bench/load/target.h"

namespace hookcast::bench {

using Peers = std::vector<std::unique_ptr<Connection>>;

// Adds `count` open connections to `peers`, at most `concurrency` of them on the way at once; their
// ids are their indices. From its open on a connection tells `observer`, but never of the open
// itself. Errors: the first connection that does not open, or the loop's deadline.
absl::Status OpenPeers(Loop& loop, const Target& target, size_t count, size_t concurrency,
                       Connection::Observer& observer, Peers& peers);

}  // namespace hookcast::bench

#endif  // HOOKCAST_BENCH_LOAD_OPEN_PEERS_H_
