#pragma once

#include <optional>
#include <string>
#include <vector>

#include "broker/base/clock.h"
#include "broker/base/ids.h"
#include "broker/cluster/node_directory.h"
#include "broker/control/answer.h"
#include "broker/control/gathered.h"
#include "broker/control/handlers.h"
#include "broker/control/node_links.h"
#include "hookcast/v1/broker.pb.h"

namespace hookcast::control {

// What BrokerService does for the whole cluster: asks this node's handlers, those of the node that
// holds a peer, or those of all nodes, and makes one answer of theirs.
//
// How long others are waited for is bounded: NodeLinks::kCall for what does something, kList for
// what lists.
//
// Thread: any; as Handlers. What the constructor gets outlives every answer.
class ClusterHandlers {
 public:
  ClusterHandlers(Incarnation self, Handlers* local, const cluster::NodeDirectory* directory,
                  NodeLinks* links);

  // This node alone.
  void Publish(const v1::PublishRequest& request, Answer<v1::PublishResponse> answer);
  void PublishBatch(const v1::PublishBatchRequest& request,
                    Answer<v1::PublishBatchResponse> answer);
  void History(const v1::HistoryRequest& request, Answer<v1::HistoryResponse> answer);
  void Ping(const v1::PingRequest& request, Answer<v1::PingResponse> answer);

  // By a peer's id: the node that holds it, NOT_FOUND where that is gone. By a filter: all nodes.
  // UNAVAILABLE where one did not answer; the message says what was done on the others.
  void Send(const v1::SendRequest& request, Answer<v1::SendResponse> answer);
  void Subscribe(const v1::SubscribeRequest& request, Answer<v1::SubscribeResponse> answer);
  void Unsubscribe(const v1::UnsubscribeRequest& request, Answer<v1::UnsubscribeResponse> answer);
  void Close(const v1::ClosePeersRequest& request, Answer<v1::ClosePeersResponse> answer);
  void Terminate(const v1::TerminateRequest& request, Answer<v1::TerminateResponse> answer);
  void GetPeer(const v1::GetPeerRequest& request, Answer<v1::GetPeerResponse> answer);

  // Of all nodes, `partial` where one did not answer, or is not known yet.
  void ListPeers(const v1::ListPeersRequest& request, Answer<v1::ListPeersResponse> answer);
  void ListTopics(const v1::ListTopicsRequest& request, Answer<v1::ListTopicsResponse> answer);
  void ListNamespaces(const v1::ListNamespacesRequest& request,
                      Answer<v1::ListNamespacesResponse> answer);
  // A node that did not answer is listed as it last announced itself.
  void ListNodes(const v1::ListNodesRequest& request, Answer<v1::ListNodesResponse> answer);

  // The node that is named.
  void DrainNode(const v1::DrainNodeRequest& request, Answer<v1::DrainNodeResponse> answer);

  // For streams, which are this node's alone.
  Handlers& local() { return *local_; }

 private:
  // A method of BrokerService: its name between nodes, and what does it on one.
  template <typename Request, typename Response>
  struct Method {
    const char* name;
    void (Handlers::*handler)(const Request&, Answer<Response>);
  };
  // A node to ask; this one where it has no record.
  struct Target {
    Incarnation incarnation;
    std::optional<cluster::NodeRecord> node;
  };
  class PeerList;

  // All nodes, this one included, by incarnation.
  std::vector<Target> Targets() const;
  template <typename Request, typename Response>
  void Ask(const Target& target, Method<Request, Response> method, const Request& request,
           Duration limit, Answer<Response> answer);
  // Calls `done` with the answer of each.
  template <typename Request, typename Response>
  void AskAll(const std::vector<Target>& targets, Method<Request, Response> method,
              const Request& request, Duration limit, typename Gathered<Response>::Done done);
  // The node that holds the peer of this id.
  template <typename Request, typename Response>
  void AskHolder(const std::string& peer, Method<Request, Response> method, const Request& request,
                 Answer<Response> answer);
  // The peer that the request selects, or all that it does.
  template <typename Request, typename Response>
  void AskPeers(Method<Request, Response> method, const Request& request, Answer<Response> answer);
  // A page of names that all nodes know: `merge` makes it of the nodes' pages and the limit.
  template <typename Request, typename Response, typename Merge>
  void ListNames(Method<Request, Response> method, const Request& request, Merge merge,
                 Answer<Response> answer);

  const Incarnation self_;
  Handlers* const local_;
  const cluster::NodeDirectory* const directory_;
  NodeLinks* const links_;
};

}  // namespace hookcast::control
