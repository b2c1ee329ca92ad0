// hookcast.v1.json as docs/protocol.md tells it, on a whole node.

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <memory>
#include <nlohmann/json.hpp>
#include <string>

#include "absl/strings/str_cat.h"
#include "tests/integration/application_process.h"
#include "tests/integration/client/http_client.h"
#include "tests/integration/node_process.h"

namespace hookcast::testing {
namespace {

using nlohmann::json;

constexpr char kRoutes[] =
    "shards: 2\n"
    "routes:\n"
    "  - { path: /feed, namespace: news, static: { subscribe: [today] } }\n"
    "  - { path: /echo, static: { on_message: echo } }\n";

json Call(NodeProcess& node, const std::string& method, const json& request) {
  const auto response = HttpRequest(node.admin(), "POST", "/hookcast.v1.BrokerService/" + method,
                                    {{"Content-Type", "application/json"}}, request.dump());
  EXPECT_TRUE(response.ok()) << response.status();
  if (!response.ok()) return {};
  EXPECT_EQ(response->status, 200) << response->body;
  return json::parse(response->body);
}

std::unique_ptr<WebSocketClient> ConnectForJson(NodeProcess& node, const std::string& target) {
  auto client = node.Connect(target, {.subprotocols = {"other", "hookcast.v1.json"}});
  if (client != nullptr) {
    EXPECT_EQ(client->response().header("Sec-WebSocket-Protocol"), "hookcast.v1.json");
  }
  return client;
}

json NextOf(WebSocketClient& client) {
  const auto received = client.ReceiveMessage();
  EXPECT_TRUE(received.ok()) << received.status();
  if (!received.ok()) return {};
  EXPECT_EQ(received->kind, WebSocketClient::Received::kText);
  return json::parse(received->payload);
}

TEST(JsonSubprotocolTest, AClientLearnsItsIdAndOfEachMessageItsTopicAndId) {
  auto node = NodeProcess::Start(kRoutes);
  ASSERT_NE(node, nullptr);
  auto client = ConnectForJson(*node, "/feed");
  auto bare = node->Connect("/feed");
  ASSERT_TRUE(node->MetricBecomes("hookcast_subscriptions", 2));

  const json open = NextOf(*client);
  EXPECT_EQ(open["type"], "open");
  const json peer = Call(*node, "GetPeer", {{"peer", open["peer"]}})["peer"];
  EXPECT_EQ(peer["peer"]["subprotocol"], "hookcast.v1.json");

  const json published = Call(*node, "Publish",
                              {{"namespace", "news"},
                               {"topic", "today"},
                               {"data",
                                {{"text", "{\"a\": \"ä\"}"},
                                 {"event", {{"id", "7"}, {"event", "update"}, {"retry", "3s"}}}}}});
  const json message = NextOf(*client);
  EXPECT_EQ(message, json({{"type", "message"},
                           {"topic", "today"},
                           {"id", published["id"]},
                           {"event", "update"},
                           {"event_id", "7"},
                           {"retry", 3000},
                           {"data", "{\"a\": \"ä\"}"}}));
  EXPECT_EQ(bare->ReceiveMessage()->payload, "{\"a\": \"ä\"}") << "the others see the payload";

  Call(*node, "Publish",
       {{"namespace", "news"}, {"topic", "today"}, {"data", {{"binary", "AAEC/w=="}}}});
  EXPECT_EQ(NextOf(*client)["base64"], "AAEC/w==");
  const auto binary = bare->ReceiveMessage();
  EXPECT_EQ(binary->kind, WebSocketClient::Received::kBinary);
  EXPECT_EQ(binary->payload, std::string("\0\1\2\xff", 4));

  Call(*node, "Send", {{"peers", {{"peer", open["peer"]}}}, {"data", {{"json", {{"x", 1}}}}}});
  EXPECT_EQ(NextOf(*client), json({{"type", "message"}, {"data", "{\"x\":1}"}}));
}

TEST(JsonSubprotocolTest, WhatAClientSaysReachesTheMessageHookAsItIs) {
  auto node = NodeProcess::Start(kRoutes);
  ASSERT_NE(node, nullptr);
  auto client = ConnectForJson(*node, "/echo");
  EXPECT_EQ(NextOf(*client)["type"], "open");
  ASSERT_TRUE(client->SendText("{\"type\":").ok());
  EXPECT_EQ(NextOf(*client), json({{"type", "message"}, {"data", "{\"type\":"}}));
  ASSERT_TRUE(client->SendBinary(std::string("\xff\0", 2)).ok());
  EXPECT_EQ(NextOf(*client), json({{"type", "message"}, {"base64", "/wA="}}));
}

TEST(JsonSubprotocolTest, AnApplicationNeedKnowNothingOfIt) {
  auto application = ApplicationProcess::Start({"--echo"});
  ASSERT_NE(application, nullptr);
  auto node = NodeProcess::Start(absl::StrCat("routes:\n  - { path: /app, application: \"dns:///",
                                              application->address(), "\" }\n"));
  ASSERT_NE(node, nullptr);
  auto client = ConnectForJson(*node, "/app");
  EXPECT_EQ(NextOf(*client)["type"], "open");
  ASSERT_TRUE(client->SendText("hello").ok());
  EXPECT_EQ(NextOf(*client), json({{"type", "message"}, {"data", "hello"}}));
  EXPECT_EQ(client->CloseHandshake(4001, "bye")->close_code, 4001);
}

}  // namespace
}  // namespace hookcast::testing
