// However connections end, nothing of them is left.

#include <gtest/gtest.h>
#include <signal.h>

#include <chrono>
#include <future>

#include "tests/integration/node_process.h"
#include "tests/integration/scripted_application.h"

namespace hookcast::testing {
namespace {

using Entry = ScriptedApplication::Entry;

class EndingsTest : public ::testing::Test {
 protected:
  void SetUp() override {
    ASSERT_TRUE(application_.Start());
    application_.on_open = [](const v1::OpenRequest&, v1::HookReply* reply) {
      Subscribe(reply, "t");
      SendText(reply, "open");
      return grpc::Status::OK;
    };
  }

  // What a client finds at its end, behind all that was sent before: the server's Close, if any.
  static uint16_t CloseCodeAt(WebSocketClient& client) {
    while (true) {
      const auto received = client.ReceiveMessage();
      if (!received.ok()) {
        ADD_FAILURE() << received.status();
        return 0;
      }
      if (received->kind == WebSocketClient::Received::kClose) return received->close_code;
      if (received->kind >= WebSocketClient::Received::kEof) return 0;
    }
  }

  void StartNode(const std::string& more = "") {
    node_ = NodeProcess::Start("shards: 2\n" + more +
                               "\nroutes:\n"
                               "  - { path: /sub, static: { subscribe: [t] } }\n"
                               "  - { path: /held, application: \"dns:///" +
                               application_.address() +
                               "\" }\n"
                               "  - { path: \"/rooms/{room}\", limits: { message: 64KiB }, "
                               "application: \"dns:///" +
                               application_.address() + "\" }\n");
    ASSERT_NE(node_, nullptr);
  }

  std::unique_ptr<WebSocketClient> ConnectOpened(const std::string& target = "/rooms/a") {
    auto client = node_->Connect(target);
    if (client != nullptr) {
      EXPECT_EQ(client->ReceiveMessage()->payload, "open");
    }
    return client;
  }

  Entry CloseOf(const std::string& peer) {
    return application_.WaitFor(
        [&](const Entry& entry) { return entry.hook == "close" && entry.peer_id == peer; });
  }

  std::string LastPeer() {
    const auto entries = application_.entries();
    for (auto entry = entries.rbegin(); entry != entries.rend(); ++entry) {
      if (entry->hook == "open") return entry->peer_id;
    }
    return "";
  }

  ScriptedApplication application_;
  std::unique_ptr<NodeProcess> node_;
};

// For each way to end: what the close hook says, and what the client is told where TCP permits.
TEST_F(EndingsTest, B31HookAndClientAreToldHowItEnded) {
  StartNode("websocket: { ping_interval: 1s, pong_timeout: 1s, close_timeout: 500ms }");
  {
    auto client = ConnectOpened();
    const std::string peer = LastPeer();
    const auto answer = client->CloseHandshake(4001, "my reason");
    ASSERT_TRUE(answer.ok()) << answer.status();
    EXPECT_EQ(answer->close_code, 4001);
    const Entry close = CloseOf(peer);
    EXPECT_EQ(close.details.code(), 4001);
    EXPECT_EQ(close.details.reason(), "my reason");
    EXPECT_EQ(close.details.closed_by(), v1::CLOSED_BY_CLIENT);
    EXPECT_TRUE(close.details.was_clean());
    ASSERT_EQ(close.peer.topics_size(), 1);
    EXPECT_EQ(close.peer.topics(0), "t");
  }
  {
    auto client = ConnectOpened();
    const std::string peer = LastPeer();
    ASSERT_TRUE(client->SendClose(0).ok());
    EXPECT_EQ(CloseOf(peer).details.code(), 1005);
    EXPECT_EQ(CloseCodeAt(*client), 1005) << "a Close without a code";
  }
  {
    auto client = ConnectOpened();
    const std::string peer = LastPeer();
    client->Reset();
    const Entry close = CloseOf(peer);
    EXPECT_EQ(close.details.code(), 1006);
    EXPECT_EQ(close.details.closed_by(), v1::CLOSED_BY_NETWORK);
    EXPECT_FALSE(close.details.was_clean());
  }
  {
    auto client = ConnectOpened();
    const std::string peer = LastPeer();
    client->CloseSocket();
    EXPECT_EQ(CloseOf(peer).details.code(), 1006);
  }
  {
    auto client = ConnectOpened();
    const std::string peer = LastPeer();
    ASSERT_TRUE(client->SendFrame(3, true, "x").ok());
    EXPECT_EQ(CloseOf(peer).details.code(), 1002);
    EXPECT_EQ(CloseOf(peer).details.closed_by(), v1::CLOSED_BY_NODE);
    EXPECT_EQ(CloseCodeAt(*client), 1002);
  }
  {
    auto client = ConnectOpened();
    const std::string peer = LastPeer();
    ASSERT_TRUE(client->SendText(std::string(64 * 1024 + 1, 'x')).ok());
    const Entry close = CloseOf(peer);
    EXPECT_EQ(close.details.code(), 1009);
    EXPECT_EQ(close.details.closed_by(), v1::CLOSED_BY_NODE);
    EXPECT_EQ(CloseCodeAt(*client), 1009);
  }
  {
    // Neither reads nor answers: lost by the ping's deadline.
    auto client = ConnectOpened();
    const std::string peer = LastPeer();
    EXPECT_EQ(CloseOf(peer).details.code(), 1006);
    EXPECT_EQ(node_->Metric("hookcast_ping_timeouts_total"), 1);
    EXPECT_EQ(CloseCodeAt(*client), 0) << "nobody was there to be told";
  }
  {
    auto client = ConnectOpened();
    const std::string peer = LastPeer();
    ASSERT_EQ(RunCli({"--server", node_->control(), "close", peer, "--code", "4321", "--reason",
                      "by hand"})
                  .exit_code,
              0);
    // The client never answers the Close.
    const Entry close = CloseOf(peer);
    EXPECT_EQ(close.details.code(), 4321);
    EXPECT_EQ(close.details.closed_by(), v1::CLOSED_BY_APPLICATION);
    EXPECT_EQ(close.details.reason(), "by hand");
    EXPECT_FALSE(close.details.was_clean());
    EXPECT_EQ(CloseCodeAt(*client), 4321);
  }
  EXPECT_TRUE(node_->MetricBecomes("hookcast_connections", 0));
  {
    auto client = ConnectOpened();
    const std::string peer = LastPeer();
    node_->process().Signal(SIGTERM);
    EXPECT_EQ(CloseCodeAt(*client), 1012);
    ASSERT_TRUE(client->SendClose(1012).ok());
    const Entry close = CloseOf(peer);
    EXPECT_EQ(close.details.code(), 1012);
    EXPECT_EQ(close.details.closed_by(), v1::CLOSED_BY_NODE);
    EXPECT_TRUE(close.details.was_clean());
    const auto exit_code = node_->process().WaitExit();
    ASSERT_TRUE(exit_code.ok()) << exit_code.status();
    EXPECT_EQ(*exit_code, 0);
  }
}

TEST_F(EndingsTest, APeerThatLeavesWhileUpgradeIsPendingWasNeverThere) {
  std::promise<void> asked;
  std::promise<void> release;
  const std::shared_future<void> released = release.get_future().share();
  application_.on_upgrade = [&asked, released](const v1::UpgradeRequest&, v1::UpgradeReply*) {
    asked.set_value();
    released.wait();
    return grpc::Status::OK;
  };
  StartNode();
  std::thread client([&] {
    RawExchange(node_->clients(),
                "GET /held HTTP/1.1\r\nHost: x\r\nUpgrade: websocket\r\nConnection: Upgrade\r\n"
                "Sec-WebSocket-Key: dGhlIHNhbXBsZSBub25jZQ==\r\nSec-WebSocket-Version: 13\r\n\r\n",
                std::chrono::milliseconds(200))
        .IgnoreError();
  });
  asked.get_future().wait();
  client.join();
  EXPECT_TRUE(node_->MetricBecomes("hookcast_connections_refused_total{cause=\"gone\"}", 1));
  EXPECT_TRUE(node_->MetricBecomes("hookcast_connections", 0));
  release.set_value();
  EXPECT_TRUE(node_->MetricBecomes("hookcast_hooks_in_flight", 0));
  EXPECT_EQ(node_->Metric("hookcast_peers_opened_total"), 0);
  for (const Entry& entry : application_.entries()) EXPECT_EQ(entry.hook, "upgrade");
}

TEST_F(EndingsTest, APeerThatLeavesWhileOpenIsPendingGetsOneClose) {
  std::promise<void> asked;
  std::promise<void> release;
  const std::shared_future<void> released = release.get_future().share();
  application_.on_open = [&asked, released](const v1::OpenRequest&, v1::HookReply*) {
    asked.set_value();
    released.wait();
    return grpc::Status::OK;
  };
  StartNode();
  auto client = node_->Connect("/rooms/a");
  asked.get_future().wait();
  client->Reset();
  EXPECT_TRUE(node_->MetricBecomes("hookcast_peers", 0));
  release.set_value();
  EXPECT_EQ(application_.WaitFor("close").details.code(), 1006);
  EXPECT_TRUE(node_->MetricBecomes("hookcast_hook_events_waiting", 0));
  int closes = 0;
  for (const Entry& entry : application_.entries()) closes += entry.hook == "close";
  EXPECT_EQ(closes, 1);
}

TEST_F(EndingsTest, TenThousandConnectsThatEndInEveryWayLeaveNothing) {
  StartNode();
  { auto warm_up = ConnectOpened(); }
  ASSERT_TRUE(node_->MetricBecomes("hookcast_connections", 0));
  ASSERT_TRUE(node_->MetricBecomes("hookcast_hook_events_waiting", 0));
  const double descriptors = node_->Metric("hookcast_open_descriptors");

  constexpr int kConnects = 10'000;
  std::vector<std::unique_ptr<WebSocketClient>> open;
  for (int i = 0; i < kConnects; ++i) {
    // One in ten has an application; the rest end too fast for its hooks to be the measure.
    const std::string target = i % 10 == 0 ? "/rooms/r" + std::to_string(i % 7) : "/sub";
    switch (i % 5) {
      case 0: {
        auto client = node_->Connect(target);
        ASSERT_NE(client, nullptr);
        ASSERT_TRUE(client->CloseHandshake(1000).ok());
        break;
      }
      case 1:
        node_->Connect(target)->CloseSocket();
        break;
      case 2:
        node_->Connect(target)->Reset();
        break;
      case 3: {
        // In the handshake, in its middle.
        auto cut = RawExchange(node_->clients(), "GET /sub HTTP/1.1\r\nHost: x\r\nUpg",
                               std::chrono::milliseconds(0));
        ASSERT_TRUE(cut.ok()) << cut.status();
        break;
      }
      case 4: {
        // In a pending hook: leaves right behind the request.
        auto early = RawExchange(
            node_->clients(),
            "GET /held HTTP/1.1\r\nHost: x\r\nUpgrade: websocket\r\nConnection: Upgrade\r\n"
            "Sec-WebSocket-Key: dGhlIHNhbXBsZSBub25jZQ==\r\nSec-WebSocket-Version: 13\r\n\r\n",
            std::chrono::milliseconds(0));
        ASSERT_TRUE(early.ok()) << early.status();
        break;
      }
    }
  }
  EXPECT_TRUE(node_->MetricBecomes("hookcast_connections", 0, std::chrono::seconds(30)));
  EXPECT_TRUE(node_->MetricBecomes("hookcast_peers", 0));
  EXPECT_TRUE(node_->MetricBecomes("hookcast_namespaces", 0));
  EXPECT_TRUE(node_->MetricBecomes("hookcast_topics", 0));
  EXPECT_TRUE(node_->MetricBecomes("hookcast_subscriptions", 0));
  EXPECT_TRUE(node_->MetricBecomes("hookcast_hooks_in_flight", 0));
  EXPECT_TRUE(node_->MetricBecomes("hookcast_hook_events_waiting", 0));
  // gRPC may hold a descriptor or two more than at first; sockets would show in thousands.
  EXPECT_TRUE(node_->Metric("hookcast_open_descriptors") <= descriptors + 4);
  const double opened = node_->Metric("hookcast_peers_opened_total");
  EXPECT_GT(opened, kConnects * 0.5);
}

}  // namespace
}  // namespace hookcast::testing
