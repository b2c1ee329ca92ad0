#pragma once

#include <atomic>
#include <boost/asio/steady_timer.hpp>
#include <cstdint>
#include <functional>
#include <string>
#include <string_view>

#include "absl/functional/any_invocable.h"
#include "broker/base/ids.h"
#include "broker/base/shard_loop.h"
#include "broker/cluster/membership.h"
#include "broker/cluster/node_directory.h"
#include "broker/control/answer.h"
#include "broker/control/node_links.h"
#include "broker/metrics/catalogue.h"
#include "broker/pubsub/backplane.h"
#include "broker/pubsub/shard_set.h"
#include "edge/peer_secrets.h"
#include "edge/post_forwarding.h"
#include "hookcast/v1/node.pb.h"

namespace hookcast::app {

// A node's part in its cluster: announces it, knows the others, has connections to them, and
// carries posts to and from them. Has a thread of its own for what has its time.
//
// Thread: any, but for what says otherwise.
class ClusterPart {
 public:
  // Of all nodes' posts that are forwarded at once.
  static constexpr size_t kMostPosts = 1024;
  static constexpr size_t kMostPostBytes = 32 << 20;

  struct Parts {
    Incarnation self;
    bool alone;         // there are no other nodes
    std::string token;  // of the cluster; may be empty
    std::function<cluster::NodeRecord()> describe;
    // All outlive it.
    pubsub::Backplane* backplane;
    pubsub::ShardSet* shards;
    const edge::PeerSecrets* secrets;
    metrics::Catalogue* metrics;
  };
  explicit ClusterPart(Parts parts);
  ClusterPart(const ClusterPart&) = delete;
  ClusterPart& operator=(const ClusterPart&) = delete;
  // Gives up what it asked of other nodes. REQUIRES: the backplane has stopped, or never started.
  ~ClusterPart();

  // Begins to announce the node. Thread: main.
  void Start();
  // What the backplane brings.
  void OnAnnouncement(std::string_view bytes) { membership_.OnAnnouncement(bytes); }
  void Changed() { membership_.Changed(); }
  // Announces that the node is gone, and nothing afterwards. Thread: main.
  void Leave();

  // Runs `task` on its thread after that time, unless it stops before. Once at a time: the latest
  // counts.
  void After(Duration time, absl::AnyInvocable<void()> task);

  const cluster::NodeDirectory& directory() const { return directory_; }
  control::NodeLinks& links() { return links_; }

  edge::PostForwarding::Holder HolderOf(Incarnation incarnation) const;
  void Forward(edge::ForwardedPost post, absl::AnyInvocable<void(edge::PostOutcome)> done);
  // A post that another node forwards.
  void Take(const v1::PostRequest& request, control::Answer<v1::PostResponse> answer);

 private:
  void Beat();
  // Asks those that fell silent whether they are there.
  void AskSilent();

  const Parts parts_;
  cluster::NodeDirectory directory_;
  cluster::Membership membership_;
  // Of posts that are forwarded now; before the links, whose calls give back what they count.
  std::atomic<size_t> posts_{0};
  std::atomic<size_t> post_bytes_{0};
  control::NodeLinks links_;
  ShardLoop loop_{ShardId{0}, "cluster"};
  boost::asio::steady_timer beat_{loop_.context()};
  boost::asio::steady_timer after_{loop_.context()};
};

}  // namespace hookcast::app
