// What a node does for its own clients while Redis is away, and what it says.

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <memory>
#include <string>
#include <vector>

#include "absl/strings/str_cat.h"
#include "tests/cluster/cluster.h"
#include "tests/integration/broker_calls.h"
#include "tests/integration/client/http_client.h"

namespace hookcast::testing {
namespace {

using std::chrono::seconds;
using ::testing::HasSubstr;
using Received = WebSocketClient::Received;

// CASES B07.
TEST(RedisAway, ClientsStayAndAreServedByTheirNodeAndPublishersAreToldSo) {
  const auto cluster = Cluster::Start(2);
  ASSERT_NE(cluster, nullptr);
  NodeProcess& node = cluster->node(0);
  std::vector<std::unique_ptr<WebSocketClient>> clients;
  for (int i = 0; i < 100; ++i) clients.push_back(node.Connect("/sub/a"));
  ASSERT_TRUE(node.MetricBecomes("hookcast_subscriptions", 100));

  cluster->redis().Kill();
  ASSERT_TRUE(cluster->AwaitNotReady(0));
  const auto ready = HttpGet(node.admin(), "/readyz");
  ASSERT_TRUE(ready.ok());
  EXPECT_THAT(ready->body, HasSubstr("Redis at 127.0.0.1:"));
  EXPECT_EQ(HttpGet(node.admin(), "/livez")->status, 200) << "a restart would help nobody";
  EXPECT_EQ(HttpGet(node.admin(), "/readyz?without=backplane")->status, 200);

  for (int i = 0; i < 10; ++i) clients.push_back(node.Connect("/sub/a"));
  ASSERT_TRUE(node.MetricBecomes("hookcast_subscriptions", 110));
  BrokerCalls calls(node.control());
  v1::PublishRequest request;
  request.set_namespace_("/sub/a");
  request.set_topic("t");
  *request.mutable_data() = TextData("here");
  request.set_idempotency_key("once");
  v1::PublishResponse response;
  const grpc::Status status = calls.Call(&BrokerCalls::Stub::Publish, request, &response);
  EXPECT_EQ(status.error_code(), grpc::StatusCode::UNAVAILABLE);
  for (const auto& client : clients) {
    const auto received = client->ReceiveMessage();
    ASSERT_TRUE(received.ok()) << received.status();
    EXPECT_EQ(received->kind, Received::kText);
    EXPECT_EQ(received->payload, "here");
  }

  // With the same key it may be tried again; who has it does not get it twice.
  const auto far = cluster->node(1).Connect("/sub/a");
  cluster->redis().Restart();
  ASSERT_TRUE(cluster->AwaitReady(0));
  ASSERT_TRUE(cluster->AwaitReady(1));
  const grpc::Status again = calls.Call(&BrokerCalls::Stub::Publish, request, &response);
  EXPECT_TRUE(again.ok()) << again.error_message();
  const auto got = far->ReceiveMessage();
  ASSERT_TRUE(got.ok()) << got.status();
  EXPECT_EQ(got->payload, "here");
  ASSERT_TRUE(calls.PublishText("/sub/a", "t", "end") == 110);
  for (const auto& client : clients) {
    const auto received = client->ReceiveMessage();
    ASSERT_TRUE(received.ok()) << received.status();
    EXPECT_EQ(received->payload, "end");
  }
}

}  // namespace
}  // namespace hookcast::testing
