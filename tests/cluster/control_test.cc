// Three nodes, one Redis: what one is asked, all answer for.

#include <gmock/gmock.h>

#include <set>
#include <string>
#include <vector>

#include "tests/cluster/cluster_fixture.h"
#include "tests/integration/client/http_client.h"

namespace hookcast::testing {
namespace {

using ::testing::HasSubstr;
using ::testing::UnorderedElementsAre;
using Stub = v1::BrokerService::Stub;

constexpr char kRoutes[] =
    "routes:\n"
    "  - { path: '/rooms/{room}', namespace: rooms, static: { subscribe: [chat] } }\n"
    "  - { path: '/own/{name}', static: { subscribe: ['topic-{name}', news] } }\n";

class ClusterControlTest : public ClusterTest {
 protected:
  void SetUp() override { ASSERT_NO_FATAL_FAILURE(StartCluster(3, kRoutes)); }

  static std::string Text(Client& client) {
    const auto received = client->ReceiveMessage();
    EXPECT_TRUE(received.ok()) << received.status();
    return received.ok() ? received->payload : "";
  }
};

TEST_F(ClusterControlTest, ListsAreOfAllNodesWhicheverIsAsked) {
  std::vector<Client> clients;
  std::set<std::string> peers;
  for (size_t i = 0; i < 12; ++i) {
    clients.push_back(Connect(i % 3, "/rooms/" + std::to_string(i)));
    peers.insert(clients.back().peer);
  }
  const Client alone = Connect(2, "/own/x");
  for (size_t i = 0; i < 3; ++i) {
    std::set<std::string> listed;
    v1::ListPeersRequest request;
    request.mutable_filter()->set_namespace_("rooms");
    request.set_limit(5);
    do {
      const auto page = Ask(i, &Stub::ListPeers, request);
      EXPECT_EQ(page.total(), 12u);
      EXPECT_FALSE(page.partial());
      for (const auto& peer : page.peers()) {
        EXPECT_TRUE(listed.insert(peer.peer().id()).second);
        EXPECT_THAT((std::vector{id(0), id(1), id(2)}), ::testing::Contains(peer.node()));
      }
      request.set_cursor(page.next_cursor());
    } while (!request.cursor().empty());
    EXPECT_EQ(listed, peers);

    const auto topics = Ask(i, &Stub::ListTopics, v1::ListTopicsRequest());
    ASSERT_EQ(topics.topics_size(), 3);
    EXPECT_EQ(topics.topics(2).namespace_(), "rooms");
    EXPECT_EQ(topics.topics(2).peers(), 12u);
    const auto namespaces = Ask(i, &Stub::ListNamespaces, v1::ListNamespacesRequest());
    ASSERT_EQ(namespaces.namespaces_size(), 2);
    EXPECT_EQ(namespaces.namespaces(0).topics(), 2u);
    EXPECT_EQ(namespaces.namespaces(1).peers(), 12u);
    EXPECT_EQ(namespaces.namespaces(1).topics(), 1u) << "on three nodes, and one topic";

    const auto nodes = Ask(i, &Stub::ListNodes, v1::ListNodesRequest());
    ASSERT_EQ(nodes.nodes_size(), 3);
    uint64_t sum = 0;
    for (const auto& info : nodes.nodes()) {
      sum += info.peers();
      EXPECT_TRUE(info.ready());
      EXPECT_FALSE(info.draining());
    }
    EXPECT_EQ(sum, 13u);
    const CliResult table = Cli(i, {"nodes"});
    EXPECT_EQ(table.exit_code, 0);
    EXPECT_THAT(table.output, HasSubstr("\n3 nodes\n"));
    for (size_t n = 0; n < 3; ++n) {
      EXPECT_THAT(table.output, HasSubstr(id(n) + "  "));
      EXPECT_THAT(table.output, HasSubstr("  " + node(n).control() + "  "));
    }
  }
}

TEST_F(ClusterControlTest, EachCallReachesAPeerOfAnotherNode) {
  Client client = Connect(0, "/own/a");
  v1::GetPeerRequest get;
  get.set_peer(client.peer);
  for (size_t i = 0; i < 3; ++i) {
    EXPECT_EQ(Ask(i, &Stub::GetPeer, get).peer().node(), id(0));
    EXPECT_TRUE(calls(i).Send(client.peer, TextData("from " + std::to_string(i))).ok());
    EXPECT_EQ(Text(client), "from " + std::to_string(i));
  }
  EXPECT_TRUE(calls(1).Subscribe(client.peer, "more").ok());
  calls(2).PublishText("/own/a", "more", "published");
  EXPECT_EQ(Text(client), "published");
  EXPECT_TRUE(calls(1).Unsubscribe(client.peer, "more").ok());
  EXPECT_THAT(Ask(2, &Stub::GetPeer, get).peer().peer().topics(),
              UnorderedElementsAre("news", "topic-a"));
  EXPECT_TRUE(calls(2).Close(client.peer, 4001, "enough").ok());
  const auto closed = client->ReceiveMessage();
  ASSERT_TRUE(closed.ok()) << closed.status();
  EXPECT_EQ(closed->close_code, 4001);

  Client other = Connect(1, "/own/b");
  EXPECT_TRUE(calls(0).Terminate(other.peer).ok());
  const auto ended = other->ReceiveMessage();
  ASSERT_TRUE(ended.ok()) << ended.status();
  EXPECT_NE(ended->kind, WebSocketClient::Received::kClose);
  EXPECT_EQ(calls(2).Send("0123456789abcdef-0-1", TextData("x")).error_code(),
            grpc::StatusCode::NOT_FOUND);
}

TEST_F(ClusterControlTest, AFilterReachesThePeersOfAllNodesOverJsonToo) {
  std::vector<Client> clients;
  for (size_t i = 0; i < 3; ++i) clients.push_back(Connect(i, "/rooms/" + std::to_string(i)));
  const auto sent =
      HttpRequest(node(1).admin(), "POST", "/hookcast.v1.BrokerService/Send",
                  {{"Content-Type", "application/json"}},
                  R"({"peers": {"filter": {"namespace": "rooms"}}, "data": {"text": "all"}})");
  ASSERT_TRUE(sent.ok()) << sent.status();
  EXPECT_EQ(sent->body, "{\"matched\":\"3\"}\n");
  for (Client& client : clients) EXPECT_EQ(Text(client), "all");
  const CliResult closed = Cli(2, {"close", "--namespace", "rooms", "--code", "4000"});
  EXPECT_EQ(closed.output, "closing 3 peers with code 4000\n");
  for (Client& client : clients) EXPECT_EQ(client->ReceiveMessage()->close_code, 4000);
}

}  // namespace
}  // namespace hookcast::testing
