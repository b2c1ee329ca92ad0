// Limits of a route's connections, over all shards of a node, and of what one peer sends.

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <future>
#include <memory>
#include <string>
#include <utility>
#include <vector>

#include "tests/integration/node_process.h"
#include "tests/integration/scripted_application.h"

namespace hookcast::testing {
namespace {

using std::chrono::milliseconds;
using ::testing::HasSubstr;
using Entry = ScriptedApplication::Entry;
using Received = WebSocketClient::Received;

class LimitsTest : public ::testing::Test {
 protected:
  void SetUp() override { ASSERT_TRUE(application_.Start()); }

  // One route, /r, with these limits, on two shards.
  void StartNode(const std::string& limits) {
    node_ = NodeProcess::Start(
        "shards: 2\nwebsocket: { close_timeout: 500ms }\nroutes:\n  - { path: /r, limits: { " +
        limits + " }, hooks: [upgrade, open, message, close, error], application: \"dns:///" +
        application_.address() + "\" }\n");
    ASSERT_NE(node_, nullptr);
  }

  // What a handshake is answered with, by a client that leaves then.
  HttpResponse Try(const std::string& from = "") {
    WebSocketClient::Options options;
    options.source_address = from;
    auto response = WebSocketClient::TryUpgrade(node_->clients(), "/r", options);
    if (!response.ok()) {
      ADD_FAILURE() << response.status();
      return {};
    }
    return *std::move(response);
  }
  std::unique_ptr<WebSocketClient> Connect(const std::string& from = "") {
    WebSocketClient::Options options;
    options.source_address = from;
    return node_->Connect("/r", options);
  }

  double Refused(const std::string& cause) {
    return node_->Metric("hookcast_connections_refused_total{cause=\"" + cause + "\"}");
  }

  // Reads to the server's Close.
  static Received CloseAt(WebSocketClient& client) {
    while (true) {
      auto received = client.ReceiveMessage();
      if (!received.ok()) {
        ADD_FAILURE() << received.status();
        return {};
      }
      if (received->kind >= Received::kClose) return *std::move(received);
    }
  }

  ScriptedApplication application_;
  std::unique_ptr<NodeProcess> node_;
};

TEST_F(LimitsTest, ConnectionsAreCountedOverAllShards) {
  StartNode("connections: 5");
  std::vector<std::unique_ptr<WebSocketClient>> clients;
  for (int i = 0; i < 5; ++i) clients.push_back(Connect());
  for (int i = 0; i < 4; ++i) {
    const HttpResponse refused = Try();
    EXPECT_EQ(refused.status, 503);
    EXPECT_EQ(refused.header("Retry-After"), "5");
    EXPECT_THAT(refused.body, HasSubstr("as many connections"));
  }
  EXPECT_EQ(Refused("connections"), 4);
  clients.pop_back();
  clients.pop_back();
  ASSERT_TRUE(node_->MetricBecomes("hookcast_connections", 3));
  clients.push_back(Connect());
  clients.push_back(Connect());
  EXPECT_EQ(Try().status, 503);
  size_t asked = 0;
  for (const Entry& entry : application_.entries()) asked += entry.hook == "upgrade" ? 1 : 0;
  EXPECT_EQ(asked, 7) << "no hook for those that were refused";
}

TEST_F(LimitsTest, APlaceIsGivenBackHoweverItsConnectionEnds) {
  std::promise<void> asked;
  std::promise<void> release;
  const std::shared_future<void> released = release.get_future().share();
  application_.on_upgrade = [&](const v1::UpgradeRequest& request, v1::UpgradeReply* reply) {
    if (request.request().query() == "reject") reply->mutable_reject()->set_status(401);
    if (request.request().query() == "error") {
      return grpc::Status(grpc::StatusCode::INTERNAL, "no");
    }
    if (request.request().query() == "wait") {
      asked.set_value();
      released.wait();
    }
    return grpc::Status::OK;
  };
  application_.on_message = [](const v1::MessageRequest&, v1::HookReply* reply) {
    reply->add_actions()->mutable_terminate();
    return grpc::Status::OK;
  };
  StartNode("connections: 1, connections_per_address: 1");
  const auto expect_free = [&](const char* after) {
    ASSERT_TRUE(node_->MetricBecomes("hookcast_connections", 0)) << after;
    auto client = Connect();
    ASSERT_NE(client, nullptr) << after;
    EXPECT_EQ(Try().status, 429) << after;
    client->Reset();
    ASSERT_TRUE(node_->MetricBecomes("hookcast_connections", 0)) << after;
  };
  expect_free("a reset");
  Connect()->CloseSocket();
  expect_free("an end without Close");
  EXPECT_TRUE(Connect()->CloseHandshake().ok());
  expect_free("a closing handshake");
  EXPECT_TRUE(Connect()->SendFrame(11, true, "").ok());
  expect_free("a broken protocol");
  {
    auto client = Connect();
    EXPECT_TRUE(client->SendText("terminate me").ok());
    EXPECT_GE(client->Receive()->kind, Received::kEof);
  }
  expect_free("the application's order");
  EXPECT_EQ(WebSocketClient::TryUpgrade(node_->clients(), "/r?reject")->status, 401);
  expect_free("a refusal by the hook");
  EXPECT_EQ(WebSocketClient::TryUpgrade(node_->clients(), "/r?error")->status, 500);
  expect_free("a failed hook");

  std::thread impatient([&] {
    RawExchange(node_->clients(),
                "GET /r?wait HTTP/1.1\r\nHost: x\r\nUpgrade: websocket\r\nConnection: Upgrade\r\n"
                "Sec-WebSocket-Key: dGhlIHNhbXBsZSBub25jZQ==\r\nSec-WebSocket-Version: 13\r\n\r\n",
                milliseconds(300))
        .IgnoreError();
  });
  asked.get_future().wait();
  EXPECT_EQ(Try().status, 429) << "the place is taken while the hook is asked";
  impatient.join();
  expect_free("a client that left while the hook was asked");
  release.set_value();
}

TEST_F(LimitsTest, EachAddressHasItsOwnConnections) {
  StartNode("connections_per_address: 2");
  std::vector<std::unique_ptr<WebSocketClient>> clients;
  for (const char* from : {"127.0.0.2", "127.0.0.3"}) {
    clients.push_back(Connect(from));
    clients.push_back(Connect(from));
    const HttpResponse refused = Try(from);
    EXPECT_EQ(refused.status, 429);
    EXPECT_EQ(refused.header("Retry-After"), "5");
    EXPECT_THAT(refused.body, HasSubstr("Your address"));
  }
  EXPECT_EQ(Refused("connections_per_address"), 2);
}

TEST_F(LimitsTest, NewConnectionsComeNoFasterThanTheRates) {
  StartNode("connect_rate: 4, connect_rate_per_address: 2");
  const auto answers_of = [&](const std::string& from, int status) {
    HttpResponse answer = Try(from);
    int accepted = 0;
    for (; answer.status == 101 && accepted < 1'000; ++accepted) answer = Try(from);
    EXPECT_GE(accepted, 1);
    EXPECT_EQ(answer.status, status);
    EXPECT_EQ(answer.header("Retry-After"), "1");
  };
  answers_of("127.0.0.2", 429);
  EXPECT_GE(Refused("connect_rate_per_address"), 1);
  // From addresses that are all new the route's own rate is met.
  int status = 101;
  for (int i = 10; i < 250 && status == 101; ++i)
    status = Try("127.0.0." + std::to_string(i)).status;
  EXPECT_EQ(status, 503);
  EXPECT_EQ(Refused("connect_rate"), 1);
}

TEST_F(LimitsTest, APeerThatSendsTooManyMessagesIsClosedAndBothSidesAreTold) {
  StartNode("messages_per_second: 2");
  auto client = Connect();
  for (int i = 0; i < 500; ++i) {
    if (!client->SendText("flood").ok()) break;
  }
  const Received close = CloseAt(*client);
  EXPECT_EQ(close.close_code, 1008);
  EXPECT_EQ(close.payload, "more than 2 messages a second");
  client->SendClose(1008).IgnoreError();

  const Entry error = application_.WaitFor("error");
  EXPECT_EQ(error.text, "the client sent more than 2 messages a second");
  EXPECT_EQ(error.details.code(), 1008);
  EXPECT_EQ(error.details.closed_by(), v1::CLOSED_BY_NODE);
  const Entry closed = application_.WaitFor("close");
  EXPECT_EQ(closed.details.code(), 1008);
  EXPECT_EQ(closed.details.reason(), "more than 2 messages a second");
  EXPECT_EQ(closed.details.closed_by(), v1::CLOSED_BY_NODE);
  size_t messages = 0;
  for (const Entry& entry : application_.entries()) messages += entry.hook == "message" ? 1 : 0;
  EXPECT_GE(messages, 10) << "five seconds' worth";
  EXPECT_LT(messages, 500);
  EXPECT_EQ(node_->Metric("hookcast_peers_over_limit_total{limit=\"messages_per_second\"}"), 1);
}

TEST_F(LimitsTest, APeerThatSendsTooManyBytesIsClosedWithoutAHookForThem) {
  StartNode("bytes_per_second: 100");
  auto client = Connect();
  ASSERT_TRUE(client->SendText("hello").ok());
  ASSERT_TRUE(client->SendBinary(std::string(501, 'x')).ok());
  const Received close = CloseAt(*client);
  EXPECT_EQ(close.close_code, 1008);
  EXPECT_EQ(close.payload, "more than 100 bytes a second");
  client->SendClose(1008).IgnoreError();
  EXPECT_EQ(application_.WaitFor("close").details.code(), 1008);
  size_t messages = 0;
  for (const Entry& entry : application_.entries()) messages += entry.hook == "message" ? 1 : 0;
  EXPECT_EQ(messages, 1);
  EXPECT_EQ(node_->Metric("hookcast_peers_over_limit_total{limit=\"bytes_per_second\"}"), 1);
}

// What waits while the node does not read is read at once, and was not sent at once.
TEST_F(LimitsTest, AClientIsNotClosedAsItsApplicationIsSlow) {
  std::promise<void> never;
  const std::shared_future<void> waited = never.get_future().share();
  application_.on_message = [waited](const v1::MessageRequest& request, v1::HookReply* reply) {
    if (request.text() == "slow") waited.wait_for(std::chrono::seconds(3));
    if (request.text() == "last") SendText(reply, "all of it");
    return grpc::Status::OK;
  };
  StartNode("messages_per_second: 10");
  auto client = Connect();
  ASSERT_TRUE(client->SendText("slow").ok());
  for (int i = 0; i < 70; ++i) ASSERT_TRUE(client->SendText("quick").ok());
  ASSERT_TRUE(client->SendText("last").ok());
  const auto answer = client->ReceiveMessage();
  ASSERT_TRUE(answer.ok()) << answer.status();
  EXPECT_EQ(answer->payload, "all of it");
}

TEST_F(LimitsTest, PingsCountAsMessages) {
  StartNode("messages_per_second: 1");
  auto client = Connect();
  for (int i = 0; i < 500; ++i) {
    if (!client->SendPing().ok()) break;
  }
  EXPECT_EQ(CloseAt(*client).close_code, 1008);
  EXPECT_EQ(application_.WaitFor("error").text, "the client sent more than 1 messages a second");
}

}  // namespace
}  // namespace hookcast::testing
