#pragma once

#include <cstddef>
#include <cstdint>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "broker/base/ids.h"
#include "broker/control/peer_filter.h"
#include "broker/pubsub/hub.h"
#include "hookcast/v1/broker.pb.h"

namespace hookcast::control {

// A place in the list of a node's peers, which is ordered by shard and, in it, by sequence: a peer
// that was there and stays is seen once, whatever comes and goes meanwhile. It names the last peer
// seen.
struct PeerCursor {
  ShardId shard{};
  uint64_t sequence = 0;  // 0: before the shard's first

  std::string ToString() const;
  // The empty text is the start of the list; nullopt for anything else that ToString does not
  // write.
  static std::optional<PeerCursor> Parse(std::string_view text);
};

// A page ends before it grows beyond this, if it has a peer: a node's peers can carry large
// contexts.
inline constexpr size_t kPageBytes = 1 << 20;

// What one shard adds to a page.
struct ShardPage {
  uint64_t total = 0;  // all that match, on this and earlier pages too
  std::vector<v1::PeerInfo> peers;
  std::vector<uint64_t> sequences;  // theirs
  bool more = false;                // there are others behind them
};

// The shard's first `limit` matching peers after the cursor, described. Holds memory for those
// alone. On the hub's shard.
ShardPage TakePage(const pubsub::Hub& hub, const PeerFilter& filter, const PeerCursor& after,
                   size_t limit, const std::string& node);

// One page out of what each shard, in the order of their numbers, gave for the same cursor and
// limit.
v1::ListPeersResponse MergePages(std::vector<ShardPage> pages, size_t limit);

}  // namespace hookcast::control
