// Three nodes in one process, each with its control port: what one is asked, all answer for.

#include "broker/control/cluster_handlers.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <chrono>
#include <future>
#include <memory>
#include <nlohmann/json.hpp>
#include <set>
#include <sstream>
#include <string>
#include <vector>

#include "tests/unit/broker/control/server_under_test.h"
#include "tests/unit/broker/control/token_file.h"

namespace hookcast::control {
namespace {

using std::chrono::seconds;
using testing::ElementsAre;
using testing::HasSubstr;
using testing::IsEmpty;
using Kind = cluster::Announcement::Kind;

constexpr char kShared[] = "0123456789abcdef";

class ClusterHandlersTest : public testing::Test {
 protected:
  ClusterHandlersTest() {
    for (uint64_t id = 1; id <= 3; ++id) Add(id, kShared);
    Meet();
  }
  // A node whose control address is found in `addresses_`.
  void Add(uint64_t id, const std::string& token) {
    nodes_.push_back(std::make_unique<ServerUnderTest>(2, Incarnation{id}, /*alone=*/false, token));
    addresses_.push_back(nodes_.back()->address());
    nodes_.back()->node.Start();
  }
  // All announce themselves, and time passes until they are settled.
  void Meet() {
    for (const auto& node : nodes_) {
      for (size_t i = 0; i < nodes_.size(); ++i) node->node.directory().Hear(Announced(i));
      node->node.clock().Advance(seconds(1));
    }
  }
  cluster::Announcement Announced(size_t i, Kind kind = Kind::kBeat) const {
    return {{.incarnation = nodes_[i]->node.incarnation,
             .version = "1.2.3",
             .control_address = addresses_[i],
             .peers = 42},
            kind};
  }
  NodeUnderTest& node(size_t i) { return nodes_[i]->node; }

  template <typename Request, typename Response>
  absl::StatusOr<Response> Ask(size_t i,
                               void (ClusterHandlers::*method)(const Request&, Answer<Response>),
                               const Request& request) {
    std::promise<absl::StatusOr<Response>> answered;
    (node(i).cluster_handlers().*method)(request, [&](absl::StatusOr<Response> response) {
      answered.set_value(std::move(response));
    });
    return answered.get_future().get();
  }

  // What was sent to a peer of the node.
  std::vector<std::string> SentTo(size_t i, fakes::RecordingPeer* peer) {
    std::vector<std::string> texts;
    node(i).OnShard(static_cast<size_t>(peer->id().shard), [&](pubsub::Hub&) {
      for (const pubsub::Data& data : peer->sent()) texts.emplace_back(data.payload.view());
    });
    return texts;
  }

  static v1::SendRequest SendTo(const std::string& peer) {
    v1::SendRequest request;
    request.mutable_peers()->set_peer(peer);
    request.mutable_data()->set_text("hi");
    return request;
  }
  static v1::SendRequest SendToAll() {
    v1::SendRequest request;
    request.mutable_peers()->mutable_filter();
    request.mutable_data()->set_text("hi");
    return request;
  }

  std::vector<std::unique_ptr<ServerUnderTest>> nodes_;
  std::vector<std::string> addresses_;
};

TEST_F(ClusterHandlersTest, APeerIsFoundAndDirectedByAnyNode) {
  fakes::RecordingPeer* const peer = node(2).AddPeer(1, "/a", {"t"});
  const std::string id = peer->id().ToString();
  for (const size_t asked : {0, 1, 2}) {
    v1::GetPeerRequest get;
    get.set_peer(id);
    const auto found = Ask(asked, &ClusterHandlers::GetPeer, get);
    ASSERT_TRUE(found.ok()) << found.status();
    EXPECT_EQ(found->peer().node(), node(2).incarnation.ToString());
    EXPECT_EQ(Ask(asked, &ClusterHandlers::Send, SendTo(id))->matched(), 1u);
  }
  EXPECT_THAT(SentTo(2, peer), ElementsAre("hi", "hi", "hi"));
  v1::SubscribeRequest subscribe;
  subscribe.mutable_peers()->set_peer(id);
  subscribe.set_topic("u");
  EXPECT_EQ(Ask(0, &ClusterHandlers::Subscribe, subscribe)->matched(), 1u);
  v1::UnsubscribeRequest unsubscribe;
  unsubscribe.mutable_peers()->set_peer(id);
  unsubscribe.set_topic("t");
  EXPECT_EQ(Ask(0, &ClusterHandlers::Unsubscribe, unsubscribe)->matched(), 1u);
  v1::GetPeerRequest get;
  get.set_peer(id);
  EXPECT_THAT(Ask(1, &ClusterHandlers::GetPeer, get)->peer().peer().topics(), ElementsAre("u"));
  v1::ClosePeersRequest close;
  close.mutable_peers()->set_peer(id);
  close.set_code(4000);
  EXPECT_EQ(Ask(0, &ClusterHandlers::Close, close)->matched(), 1u);
  v1::TerminateRequest terminate;
  terminate.mutable_peers()->set_peer(id);
  EXPECT_EQ(Ask(0, &ClusterHandlers::Terminate, terminate)->matched(), 1u);
}

TEST_F(ClusterHandlersTest, AnErrorOfTheCallersIsTheHoldersOwn) {
  const std::string id = node(2).AddPeer(0, "/a")->id().ToString();
  v1::ClosePeersRequest close;
  close.mutable_peers()->set_peer(id);
  close.set_code(1005);
  EXPECT_EQ(Ask(0, &ClusterHandlers::Close, close).status().code(),
            absl::StatusCode::kInvalidArgument);
}

TEST_F(ClusterHandlersTest, APeerThatIsNowhereIsNotFound) {
  for (const std::string id : {"nobody", "0000000000000003-0-99", "00000000deadbeef-0-1"}) {
    const absl::Status status = Ask(0, &ClusterHandlers::Send, SendTo(id)).status();
    EXPECT_EQ(status.code(), absl::StatusCode::kNotFound) << status;
    EXPECT_THAT(std::string(status.message()), HasSubstr(id));
  }
}

TEST_F(ClusterHandlersTest, APeerOfANodeThatIsGoneIsNotFound) {
  const std::string id = node(2).AddPeer(0, "/a")->id().ToString();
  node(0).directory().Hear(Announced(2, Kind::kLeaving));
  EXPECT_EQ(Ask(0, &ClusterHandlers::Send, SendTo(id)).status().code(),
            absl::StatusCode::kNotFound);
}

TEST_F(ClusterHandlersTest, APeerOfANodeThatIsDownButNotKnownToBeGoneIsUnavailable) {
  const std::string id = node(2).AddPeer(0, "/a")->id().ToString();
  nodes_[2]->server.reset();
  const absl::Status status = Ask(0, &ClusterHandlers::Send, SendTo(id)).status();
  EXPECT_EQ(status.code(), absl::StatusCode::kUnavailable);
  EXPECT_THAT(std::string(status.message()),
              testing::MatchesRegex("node 0000000000000003 at 127.0.0.1:[0-9]+: it cannot be "
                                    "connected to: connection refused"));
}

TEST_F(ClusterHandlersTest, APeerOfANodeAtWhoseAddressAnotherAnswersIsUnavailable) {
  // Node 2 believes that incarnation 9 is at the address of node 3: it may be alive elsewhere.
  addresses_.push_back(addresses_[2]);
  node(1).directory().Hear({{.incarnation = {9},
                             .control_address = addresses_[2],
                             .started_at = std::chrono::system_clock::now()},
                            Kind::kBeat});
  const absl::Status status =
      Ask(1, &ClusterHandlers::Send, SendTo("0000000000000009-0-1")).status();
  EXPECT_EQ(status.code(), absl::StatusCode::kUnavailable) << status;
  EXPECT_THAT(std::string(status.message()), HasSubstr("control.advertise"));
}

TEST_F(ClusterHandlersTest, AStuckNodeIsWaitedForNoLongerThanItsTime) {
  const std::string id = node(2).AddPeer(0, "/a")->id().ToString();
  node(2).Hold(0);
  const auto start = std::chrono::steady_clock::now();
  const absl::Status status = Ask(0, &ClusterHandlers::Send, SendTo(id)).status();
  EXPECT_EQ(status.code(), absl::StatusCode::kUnavailable);
  EXPECT_THAT(std::string(status.message()), HasSubstr("did not answer within 3000 ms"));
  EXPECT_LT(std::chrono::steady_clock::now() - start, seconds(6));
  EXPECT_TRUE(Ask(0, &ClusterHandlers::ListPeers, v1::ListPeersRequest())->partial());
  node(2).Release(0);
  EXPECT_FALSE(Ask(0, &ClusterHandlers::ListPeers, v1::ListPeersRequest())->partial());
}

TEST_F(ClusterHandlersTest, ANodeThatDoesNotKnowTheOthersYetSaysSo) {
  Add(4, kShared);
  node(3).directory().Hear(Announced(3));  // it hears itself, and nobody has answered yet
  const absl::Status status =
      Ask(3, &ClusterHandlers::Send, SendTo("0000000000000001-0-1")).status();
  EXPECT_EQ(status.code(), absl::StatusCode::kUnavailable);
  EXPECT_EQ(Ask(3, &ClusterHandlers::Send, SendToAll()).status().code(),
            absl::StatusCode::kUnavailable);
  EXPECT_TRUE(Ask(3, &ClusterHandlers::ListPeers, v1::ListPeersRequest())->partial());
  EXPECT_TRUE(Ask(3, &ClusterHandlers::ListTopics, v1::ListTopicsRequest())->partial());
  EXPECT_TRUE(Ask(3, &ClusterHandlers::ListNamespaces, v1::ListNamespacesRequest())->partial());
  EXPECT_TRUE(Ask(3, &ClusterHandlers::ListNodes, v1::ListNodesRequest())->partial());
}

TEST_F(ClusterHandlersTest, AFilterReachesThePeersOfAllNodes) {
  std::vector<fakes::RecordingPeer*> peers;
  for (size_t i = 0; i < 3; ++i) peers.push_back(node(i).AddPeer(i % 2, "/a"));
  node(1).AddPeer(0, "/b");
  v1::SendRequest request = SendToAll();
  request.mutable_peers()->mutable_filter()->set_namespace_("/a");
  EXPECT_EQ(Ask(1, &ClusterHandlers::Send, request)->matched(), 3u);
  for (size_t i = 0; i < 3; ++i) EXPECT_THAT(SentTo(i, peers[i]), ElementsAre("hi"));
}

TEST_F(ClusterHandlersTest, AFilterThatMissesANodeSaysWhatWasDone) {
  for (size_t i = 0; i < 3; ++i) node(i).AddPeer(0, "/a");
  nodes_[2]->server.reset();
  const absl::Status status = Ask(0, &ClusterHandlers::Send, SendToAll()).status();
  EXPECT_EQ(status.code(), absl::StatusCode::kUnavailable);
  EXPECT_THAT(std::string(status.message()),
              HasSubstr("2 of 3 nodes did it, for 2 peers; node 0000000000000003 at "));
}

TEST_F(ClusterHandlersTest, AFilterWhosePeersRefuseTellsTheRefusal) {
  node(0).AddPeer(0, "/a");
  node(1).AddPeer(0, "/a", {}, /*max_topics=*/0);
  v1::SubscribeRequest request;
  request.mutable_peers()->mutable_filter();
  request.set_topic("t");
  const absl::Status status = Ask(0, &ClusterHandlers::Subscribe, request).status();
  EXPECT_EQ(status.code(), absl::StatusCode::kResourceExhausted);
  EXPECT_THAT(std::string(status.message()), HasSubstr("2 of 3 nodes did it, for 1 peers"));
  request.set_topic("");
  EXPECT_EQ(Ask(0, &ClusterHandlers::Subscribe, request).status().code(),
            absl::StatusCode::kInvalidArgument);
}

TEST_F(ClusterHandlersTest, ListsThePeersOfAllNodesPageByPage) {
  std::set<std::string> all;
  for (size_t i = 0; i < 3; ++i) {
    for (int n = 0; n < 5; ++n) all.insert(node(i).AddPeer(n % 2, "/a")->id().ToString());
  }
  for (const uint32_t limit : {1u, 4u, 7u, 100u}) {
    std::set<std::string> seen;
    v1::ListPeersRequest request;
    request.set_limit(limit);
    do {
      const auto page = Ask(1, &ClusterHandlers::ListPeers, request);
      ASSERT_TRUE(page.ok()) << page.status();
      EXPECT_EQ(page->total(), 15u);
      EXPECT_FALSE(page->partial());
      for (const auto& peer : page->peers()) EXPECT_TRUE(seen.insert(peer.peer().id()).second);
      request.set_cursor(page->next_cursor());
    } while (!request.cursor().empty());
    EXPECT_EQ(seen, all);
  }
  v1::ListPeersRequest request;
  request.set_cursor("x");
  EXPECT_EQ(Ask(0, &ClusterHandlers::ListPeers, request).status().code(),
            absl::StatusCode::kInvalidArgument);
  request.clear_cursor();
  request.set_limit(1001);
  EXPECT_EQ(Ask(0, &ClusterHandlers::ListPeers, request).status().code(),
            absl::StatusCode::kInvalidArgument);
}

TEST_F(ClusterHandlersTest, ListsWithoutANodeThatIsDownArePartial) {
  for (size_t i = 0; i < 3; ++i) node(i).AddPeer(0, "/a", {"t"});
  nodes_[2]->server.reset();
  const auto peers = Ask(0, &ClusterHandlers::ListPeers, v1::ListPeersRequest());
  EXPECT_TRUE(peers->partial());
  EXPECT_EQ(peers->total(), 2u);
  const auto topics = Ask(0, &ClusterHandlers::ListTopics, v1::ListTopicsRequest());
  EXPECT_TRUE(topics->partial());
  EXPECT_EQ(topics->topics(0).peers(), 2u);
  EXPECT_TRUE(Ask(0, &ClusterHandlers::ListNamespaces, v1::ListNamespacesRequest())->partial());
  const auto nodes = Ask(0, &ClusterHandlers::ListNodes, v1::ListNodesRequest());
  EXPECT_TRUE(nodes->partial());
  ASSERT_EQ(nodes->nodes_size(), 3);
  EXPECT_EQ(nodes->nodes(1).peers(), 1u);
  EXPECT_FALSE(nodes->nodes(1).silent());
  EXPECT_EQ(nodes->nodes(2).peers(), 42u);  // as it announced
  EXPECT_TRUE(nodes->nodes(2).silent());
  EXPECT_EQ(nodes->nodes(2).silence(), v1::NodeInfo::SILENCE_UNREACHABLE);
  EXPECT_EQ(nodes->nodes(1).silence(), v1::NodeInfo::SILENCE_UNSPECIFIED);
}

TEST_F(ClusterHandlersTest, ATopicThatIsOnSeveralNodesCountsOnce) {
  node(0).AddPeer(0, "/a", {"t", "u"});
  node(1).AddPeer(1, "/a", {"t"});
  node(2).AddPeer(0, "/a", {"v"});
  node(2).AddPeer(0, "/b", {"t"});
  const auto topics = Ask(1, &ClusterHandlers::ListTopics, v1::ListTopicsRequest());
  std::vector<std::string> told;
  for (const auto& topic : topics->topics()) {
    told.push_back(topic.namespace_() + " " + topic.topic() + " " + std::to_string(topic.peers()));
  }
  EXPECT_THAT(told, ElementsAre("/a t 2", "/a u 1", "/a v 1", "/b t 1"));
  for (const uint32_t limit : {0u, 1u}) {
    v1::ListNamespacesRequest request;
    request.set_limit(limit);
    told.clear();
    do {
      const auto page = Ask(1, &ClusterHandlers::ListNamespaces, request);
      for (const auto& ns : page->namespaces()) {
        EXPECT_FALSE(ns.has_topic_hashes());
        told.push_back(ns.namespace_() + " " + std::to_string(ns.peers()) + " " +
                       std::to_string(ns.topics()));
      }
      request.set_cursor(page->next_cursor());
    } while (!request.cursor().empty());
    EXPECT_THAT(told, ElementsAre("/a 3 3", "/b 1 1"));
  }
}

TEST_F(ClusterHandlersTest, ListsNodesAsEachSaysOfItself) {
  node(2).AddPeer(0, "/a");
  node(2).draining = true;
  const auto nodes = Ask(0, &ClusterHandlers::ListNodes, v1::ListNodesRequest());
  ASSERT_EQ(nodes->nodes_size(), 3);
  EXPECT_FALSE(nodes->partial());
  EXPECT_EQ(nodes->nodes(2).id(), "0000000000000003");
  EXPECT_EQ(nodes->nodes(2).peers(), 1u);
  EXPECT_TRUE(nodes->nodes(2).draining());
  EXPECT_FALSE(nodes->nodes(0).draining());
}

TEST_F(ClusterHandlersTest, ADrainGoesToTheNodeThatIsNamed) {
  v1::DrainNodeRequest request;
  request.set_node("0000000000000003");
  request.mutable_over()->set_seconds(30);
  EXPECT_EQ(Ask(0, &ClusterHandlers::DrainNode, request)->peers(), 7u);
  EXPECT_THAT(node(2).drains, ElementsAre(seconds(30)));
  const auto own = Ask(1, &ClusterHandlers::DrainNode, v1::DrainNodeRequest());
  EXPECT_EQ(own->peers(), 7u);
  EXPECT_EQ(own->node(), "0000000000000002");
  EXPECT_EQ(node(1).drains.size(), 1u);
  EXPECT_THAT(node(0).drains, IsEmpty());
  request.set_node("nobody");
  EXPECT_EQ(Ask(0, &ClusterHandlers::DrainNode, request).status().code(),
            absl::StatusCode::kNotFound);
}

TEST_F(ClusterHandlersTest, ANodeWithAnotherTokenIsRefused) {
  Add(4, "another-token-0123");
  Meet();
  const std::string id = node(0).AddPeer(0, "/a")->id().ToString();
  const absl::Status status = Ask(3, &ClusterHandlers::Send, SendTo(id)).status();
  EXPECT_EQ(status.code(), absl::StatusCode::kUnavailable);
  EXPECT_THAT(std::string(status.message()), HasSubstr("its cluster.token is another"));
  EXPECT_GE(node(0).metrics().auth_refused.value(metrics::AuthRefusal::kClusterToken), 1u);
}

TEST_F(ClusterHandlersTest, ANodeWithAnotherTokenIsListedAsOneThatRefuses) {
  Add(4, "another-token-0123");
  Meet();
  const auto of_the_odd_one = Ask(3, &ClusterHandlers::ListNodes, v1::ListNodesRequest());
  ASSERT_EQ(of_the_odd_one->nodes_size(), 4);
  for (int i = 0; i < 3; ++i) {
    EXPECT_TRUE(of_the_odd_one->nodes(i).silent());
    EXPECT_EQ(of_the_odd_one->nodes(i).silence(), v1::NodeInfo::SILENCE_REFUSED);
  }
  const auto of_another = Ask(0, &ClusterHandlers::ListNodes, v1::ListNodesRequest());
  EXPECT_EQ(of_another->nodes(2).silence(), v1::NodeInfo::SILENCE_UNSPECIFIED);
  EXPECT_EQ(of_another->nodes(3).silence(), v1::NodeInfo::SILENCE_REFUSED);
}

TEST_F(ClusterHandlersTest, BothSidesLogARefusalOnceForALongWhile) {
  Add(4, "another-token-0123");
  Meet();
  testing::internal::CaptureStderr();
  for (int i = 0; i < 3; ++i) {
    EXPECT_TRUE(Ask(3, &ClusterHandlers::ListNodes, v1::ListNodesRequest()).ok());
  }
  nodes_.clear();  // nobody logs any more
  std::istringstream said(testing::internal::GetCapturedStderr());
  std::multiset<std::string> asking;
  size_t refusing = 0;
  for (std::string line; std::getline(said, line);) {
    if (line.find("another node takes no calls of this one") != std::string::npos) {
      const auto json = nlohmann::json::parse(line);
      EXPECT_EQ(json["level"], "warn");
      asking.insert(json["other"].get<std::string>() + " " + json["control"].get<std::string>());
    }
    refusing += line.find("what calls as a node of this cluster was refused") != std::string::npos;
    EXPECT_THAT(line, testing::Not(HasSubstr("another-token")));
  }
  EXPECT_THAT(asking,
              ElementsAre("0000000000000001 " + addresses_[0], "0000000000000002 " + addresses_[1],
                          "0000000000000003 " + addresses_[2]));
  EXPECT_EQ(refusing, 3u);
}

// What a caller who only says that it is a node gets.
class NodeCallTest : public testing::Test {
 protected:
  grpc::Status Ping(ServerUnderTest* server, const std::string& node, const std::string& token,
                    const std::string& authorization = "") {
    grpc::ClientContext context;
    context.AddMetadata(kNodeMetadata, node);
    if (!token.empty()) context.AddMetadata(kClusterTokenMetadata, token);
    if (!authorization.empty()) context.AddMetadata("authorization", authorization);
    v1::PingResponse response;
    return server->stub->Ping(&context, {}, &response);
  }
};

TEST_F(NodeCallTest, NeedsTheClustersTokenAndNoOther) {
  const TokenFile file("reader-0123456789");
  ServerUnderTest server(1, {1}, false, kShared, {{{file.path(), {config::Scope::kRead}}}});
  server.node.Start();
  const std::string id = server.node.incarnation.ToString();
  using grpc::StatusCode;
  EXPECT_EQ(Ping(&server, id, kShared).error_code(), StatusCode::OK);
  EXPECT_EQ(Ping(&server, id, "").error_code(), StatusCode::UNAUTHENTICATED);
  EXPECT_EQ(Ping(&server, id, "0123456789abcdeX").error_code(), StatusCode::UNAUTHENTICATED);
  EXPECT_EQ(Ping(&server, id, "", "Bearer reader-0123456789").error_code(),
            StatusCode::UNAUTHENTICATED);
  EXPECT_EQ(Ping(&server, "0000000000000002", kShared).error_code(),
            StatusCode::FAILED_PRECONDITION);
}

TEST_F(NodeCallTest, WithoutAClustersTokenIsACallLikeAnyOther) {
  const TokenFile file("reader-0123456789");
  ServerUnderTest server(1, {1}, false, "", {{{file.path(), {config::Scope::kRead}}}});
  server.node.Start();
  const std::string id = server.node.incarnation.ToString();
  EXPECT_EQ(Ping(&server, id, "").error_code(), grpc::StatusCode::UNAUTHENTICATED);
  EXPECT_EQ(Ping(&server, id, "", "Bearer reader-0123456789").error_code(), grpc::StatusCode::OK);
}

}  // namespace
}  // namespace hookcast::control
