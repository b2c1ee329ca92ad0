// What a node does for its own clients while Redis is away, and what it says.

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <memory>
#include <nlohmann/json.hpp>
#include <string>
#include <vector>

#include "absl/strings/str_cat.h"
#include "tests/cluster/cluster.h"
#include "tests/integration/broker_calls.h"
#include "tests/integration/client/ask_until.h"
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

// Nobody is told that a static rule's publish was not taken but those who miss it.
TEST(RedisAway, WhatAStaticRulePublishedInVainIsToldToTheClientsOfOtherNodes) {
  const auto cluster = Cluster::Start(
      2, "routes: [{ path: /x, static: { on_message: publish, subscribe: [t] } }]\n");
  ASSERT_NE(cluster, nullptr);
  const WebSocketClient::Options json{.subprotocols = {"hookcast.v1.json"}};
  const auto sender = cluster->node(0).Connect("/x");
  const auto far = cluster->node(1).Connect("/x", json);
  ASSERT_TRUE(cluster->node(1).MetricBecomes("hookcast_backplane_namespaces_subscribed", 1));

  cluster->redis().Call({"ACL", "SETUSER", "default", "-publish"});
  for (int i = 0; i < 3; ++i) ASSERT_TRUE(sender->SendText("lost").ok());
  const auto not_taken = [&] {
    double sum = 0;
    for (const char* result : {"refused", "not_sent", "unknown"}) {
      sum += cluster->node(0).Metric(
          absl::StrCat("hookcast_backplane_published_total{result=\"", result, "\"}"));
    }
    return sum;
  };
  ASSERT_EQ(AskUntil(
                not_taken, [](double sum) { return sum == 3; }, seconds(10)),
            3);
  cluster->redis().Call({"ACL", "SETUSER", "default", "+publish"});

  int lost = 0;
  while (lost < 3) {
    const auto received = far->ReceiveMessage();
    ASSERT_TRUE(received.ok()) << received.status();
    const auto envelope = nlohmann::json::parse(received->payload);
    if (envelope["type"] != "gap") continue;
    // Of what it missed while its own link was made again, nobody knows how many.
    lost += envelope.value("lost", 0);
  }
  EXPECT_EQ(lost, 3);
}

}  // namespace
}  // namespace hookcast::testing
