#pragma once

#include <memory>
#include <string>
#include <string_view>
#include <utility>

#include "absl/functional/any_invocable.h"
#include "absl/status/statusor.h"
#include "absl/strings/str_cat.h"
#include "broker/base/bytes.h"
#include "broker/base/clock.h"
#include "broker/cluster/node_record.h"
#include "broker/control/answer.h"
#include "broker/metrics/catalogue.h"
#include "hookcast/v1/broker.pb.h"

namespace hookcast::control {

// In the metadata of a call between nodes: the id of the node that it is meant for, which answers
// for itself alone; and what proves that a node calls.
inline constexpr char kNodeMetadata[] = "hookcast-node";
inline constexpr char kClusterTokenMetadata[] = "hookcast-cluster-token";

// Calls to the other nodes' control ports: a connection for each, kept as long as it is used.
//
// Thread: any. No call blocks; answers come on gRPC's threads.
class NodeLinks {
 public:
  // `token` may be empty. The metrics outlive it.
  NodeLinks(std::string token, metrics::Catalogue* metrics);
  NodeLinks(const NodeLinks&) = delete;
  NodeLinks& operator=(const NodeLinks&) = delete;
  // Gives up the calls under way and waits until all are answered.
  ~NodeLinks();

  // How long another node is waited for: by what does something, and by what lists.
  static constexpr Duration kCall = std::chrono::seconds(3);
  static constexpr Duration kList = std::chrono::seconds(2);
  // A longer answer is none.
  static constexpr int kMostAnswerBytes = 64 << 20;

  // A request as it travels: calls of several nodes share its bytes.
  template <typename Request>
  static Bytes Encode(const Request& request) {
    const size_t size = request.ByteSizeLong();
    return Bytes::Build(size,
                        [&](char* to) { request.SerializeToArray(to, static_cast<int>(size)); });
  }

  // Calls a method, such as "hookcast.v1.BrokerService/GetPeer", of this very node. Errors: what
  // the node answered of the caller's (INVALID_ARGUMENT, NOT_FOUND, RESOURCE_EXHAUSTED);
  // else UNAVAILABLE, with a sentence that names the node: it did not answer within the limit,
  // could not be reached, is not the one that answers at its address, or does not take calls of
  // this one, which the log tells too, at most once a minute for each node. It may have done what
  // it was asked then.
  template <typename Response>
  void Call(const cluster::NodeRecord& node, std::string_view method, const Bytes& request,
            Duration limit, Answer<Response> answer) {
    CallBytes(node, method, request, limit,
              [answer = std::move(answer)](absl::StatusOr<std::string> bytes) mutable {
                if (!bytes.ok()) return answer(bytes.status());
                Response response;
                if (!response.ParseFromString(*bytes)) {
                  return answer(absl::UnavailableError("another node's answer cannot be read"));
                }
                answer(std::move(response));
              });
  }

 private:
  class UnaryCall;
  struct State;

  void CallBytes(const cluster::NodeRecord& node, std::string_view method, Bytes request,
                 Duration limit, absl::AnyInvocable<void(absl::StatusOr<std::string>)> done);

  const std::shared_ptr<State> state_;
};

// Why the other node is silent, by how NodeLinks::Call ended; SILENCE_UNSPECIFIED where it is not.
v1::NodeInfo::Silence SilenceOf(const absl::Status& status);

// "node 43f1… at 10.0.0.7:8082".
std::string NameOf(const cluster::NodeRecord& node);

}  // namespace hookcast::control
