#pragma once

#include <chrono>
#include <functional>
#include <string>

#include "absl/status/status.h"
#include "broker/base/clock.h"
#include "broker/control/answer.h"
#include "broker/control/node_facts.h"
#include "broker/hooks/action_executor.h"
#include "broker/pubsub/publisher.h"
#include "broker/pubsub/shard_set.h"
#include "broker/pubsub/watchers.h"
#include "hookcast/v1/broker.pb.h"

namespace hookcast::control {

inline constexpr int kMaxBatchMessages = 10'000;
inline constexpr uint32_t kDefaultPage = 100;
inline constexpr uint32_t kMaxPage = 1'000;
inline constexpr std::chrono::seconds kMostDrain{3600};

// The status payload that a publish which ended UNAVAILABLE carries: a serialised
// v1::PublishFailure. Over gRPC it is the trailer of this name.
inline constexpr char kPublishFailure[] = "hookcast-publish-failure-bin";

// What BrokerService does, whatever carries its requests. proto/hookcast/v1/broker.proto says what
// each call means.
//
// Requests need not outlive the call. Answers come on any thread, maybe before the call returns. No
// call blocks: what concerns a peer runs on the peer's shard.
//
// Thread: any. What the constructor gets outlives every answer.
class Handlers {
 public:
  Handlers(NodeFacts facts, pubsub::ShardSet* shards, pubsub::Watchers* watchers,
           pubsub::Publisher* publisher, const hooks::ActionExecutor* executor,
           pubsub::InterestTable* interest, const Clock* clock);

  void Publish(const v1::PublishRequest& request, Answer<v1::PublishResponse> answer);
  void PublishBatch(const v1::PublishBatchRequest& request,
                    Answer<v1::PublishBatchResponse> answer);

  // A filter that matches peers of which some refuse is the first one's error, and says how many
  // they were; the others did as they were told.
  void Send(const v1::SendRequest& request, Answer<v1::SendResponse> answer);
  void Subscribe(const v1::SubscribeRequest& request, Answer<v1::SubscribeResponse> answer);
  void Unsubscribe(const v1::UnsubscribeRequest& request, Answer<v1::UnsubscribeResponse> answer);
  void Close(const v1::ClosePeersRequest& request, Answer<v1::ClosePeersResponse> answer);
  void Terminate(const v1::TerminateRequest& request, Answer<v1::TerminateResponse> answer);

  void GetPeer(const v1::GetPeerRequest& request, Answer<v1::GetPeerResponse> answer);
  void ListPeers(const v1::ListPeersRequest& request, Answer<v1::ListPeersResponse> answer);
  void ListTopics(const v1::ListTopicsRequest& request, Answer<v1::ListTopicsResponse> answer);
  void ListNamespaces(const v1::ListNamespacesRequest& request,
                      Answer<v1::ListNamespacesResponse> answer);
  void History(const v1::HistoryRequest& request, Answer<v1::HistoryResponse> answer);
  // NOT_FOUND where the request names another node.
  void DrainNode(const v1::DrainNodeRequest& request, Answer<v1::DrainNodeResponse> answer);
  // This node alone.
  void ListNodes(const v1::ListNodesRequest& request, Answer<v1::ListNodesResponse> answer);
  void Ping(const v1::PingRequest& request, Answer<v1::PingResponse> answer);

  // For those who watch, as WatchStream does.
  pubsub::Watchers& watchers() { return *watchers_; }
  const std::string& node() const { return facts_.id; }
  const Clock& clock() const { return *clock_; }
  pubsub::InterestTable& interest() { return *interest_; }

 private:
  // Does something to one peer, on its shard.
  using Apply = std::function<absl::Status(pubsub::Hub&, pubsub::Peer&)>;

  void OnPeers(const v1::PeerSelector& selector, Apply apply, Answer<uint64_t> matched);
  Apply Executing(hooks::Action action) const;

  const NodeFacts facts_;
  pubsub::ShardSet* const shards_;
  pubsub::Watchers* const watchers_;
  pubsub::Publisher* const publisher_;
  const hooks::ActionExecutor* const executor_;
  pubsub::InterestTable* const interest_;
  const Clock* const clock_;
};

// How a publish's answer looks in a batch or a stream.
v1::PublishResult ResultOf(const absl::StatusOr<v1::PublishResponse>& response);

}  // namespace hookcast::control
