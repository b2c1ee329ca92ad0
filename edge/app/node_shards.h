#pragma once

#include <chrono>
#include <cstddef>
#include <functional>
#include <memory>
#include <string>
#include <vector>

#include "broker/base/ids.h"
#include "broker/pubsub/interest_table.h"
#include "broker/pubsub/shard_set.h"
#include "broker/pubsub/watchers.h"
#include "edge/app/gate.h"
#include "edge/shard.h"

namespace hookcast::app {

// The shards of a node: each a loop with its thread, its part of the hub, and its connections.
//
// Thread: main, but for what says otherwise.
class NodeShards {
 public:
  // What it gets outlives it.
  NodeShards(const edge::ShardContext* context, Incarnation incarnation, size_t count,
             pubsub::InterestTable* interest, pubsub::Watchers* watchers);
  ~NodeShards();
  NodeShards(const NodeShards&) = delete;
  NodeShards& operator=(const NodeShards&) = delete;

  size_t size() const { return shards_.size(); }
  std::vector<pubsub::ShardSet::Shard> handles() const;
  // The one that accepts connections.
  edge::Shard& first();

  void Start();
  // Ends the loops. What connections there are stays as it is, until this is destroyed.
  void Stop();
  // Peers that are there still. REQUIRES: stopped.
  size_t session_count() const;

  // Hands a connection to the shard with the fewest, where it stays. Thread: the first shard's.
  void Adopt(int fd, std::string remote_address);

  // Closes all peers at this rate, and takes no new ones. Each shard passes the gate once its own
  // are gone; those for which `unless` says so then do nothing. Both may be null. Thread: any.
  void CloseAll(edge::LeavePace::Rate rate, const std::shared_ptr<Gate>& gate,
                const std::function<bool()>& unless);
  // Closes what is no peer.
  void CloseConnections();
  // Takes leave of the applications' streams, no longer than this.
  void LeaveApplications(std::chrono::milliseconds limit);

 private:
  struct One;
  std::vector<std::unique_ptr<One>> shards_;
};

}  // namespace hookcast::app
