// What a node does for its own clients while Redis is away, and what it says.

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <memory>
#include <nlohmann/json.hpp>
#include <sstream>
#include <string>
#include <string_view>
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

// Nobody is told that a static rule's publish was not taken but those who miss it.
TEST(RedisAway, WhatAStaticRulePublishedInVainIsToldToTheClientsOfOtherNodes) {
  const auto cluster = Cluster::Start(
      2, "routes: [{ path: /x, static: { on_message: publish, topic: t, subscribe: [t] } }]\n");
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

// A Redis with a user of its own for the node, whose password and rules the test changes.
class RedisUser : public ::testing::Test {
 protected:
  void SetUp() override {
    redis_ = RedisProcess::Start();
    ASSERT_NE(redis_, nullptr);
    Set({"on", ">right", "+@all", "~*", "&hookcast:*"});
    node_ = NodeProcess::Start(
        "shards: 1\nbackplane: { kind: redis }\n" + std::string(Cluster::kStaticRoutes),
        {"--set", absl::StrCat("backplane.url=redis://hookcast:right@127.0.0.1:", redis_->port())});
    ASSERT_NE(node_, nullptr);
    ASSERT_TRUE(node_->MetricBecomes("hookcast_ready", 1));
  }

  void Set(const std::vector<std::string>& rules) {
    std::vector<std::string> command = {"ACL", "SETUSER", "hookcast"};
    command.insert(command.end(), rules.begin(), rules.end());
    EXPECT_EQ(redis_->Call(command), std::vector<std::string>{"OK"});
  }

  // Lines about the link for subscriptions.
  size_t Lines(std::string_view message) const {
    size_t count = 0;
    std::istringstream output(node_->process().output());
    for (std::string line; std::getline(output, line);) {
      count += line.find(message) != line.npos && line.find("subscriptions") != line.npos ? 1 : 0;
    }
    return count;
  }

  std::unique_ptr<RedisProcess> redis_;
  std::unique_ptr<NodeProcess> node_;
};

TEST_F(RedisUser, ThatItsPasswordIsWrongNowIsInTheLogThoughAnotherReasonWasJustTold) {
  Set({"resetpass", ">other"});
  redis_->Call({"CLIENT", "KILL", "USER", "hookcast"});
  const auto line = node_->process().WaitForLine("WRONGPASS");
  ASSERT_TRUE(line.ok()) << line.status();
  const size_t from = node_->process().line_count();
  Set({"resetpass", ">right"});
  EXPECT_TRUE(node_->process().WaitForLine("is up again", seconds(10), from).ok());
}

TEST_F(RedisUser, ThatMayNotSubscribeFloodsNoLogAndIsToldWhatItNeeds) {
  Set({"resetchannels", "&other:*"});  // Redis cuts it off for it
  const auto line = node_->process().WaitForLine("it refuses to subscribe: NOPERM");
  ASSERT_TRUE(line.ok()) << line.status();
  EXPECT_THAT(*line, HasSubstr("; the user needs &hookcast:*"));
  ASSERT_TRUE(node_->MetricReaches("hookcast_backplane_links_lost_total", 12, seconds(30)));
  EXPECT_LE(Lines("the link to Redis was lost"), 2u) << node_->process().output();
  EXPECT_EQ(Lines("is up again"), 0u) << node_->process().output();
  Set({"resetchannels", "&hookcast:*"});
  ASSERT_TRUE(node_->process()
                  .WaitForLine([](std::string_view line) {
                    return line.find("is up again") != line.npos &&
                           line.find("subscriptions") != line.npos;
                  })
                  .ok());
  ASSERT_TRUE(node_->MetricBecomes("hookcast_ready", 1));
  EXPECT_EQ(Lines("is up again"), 1u) << node_->process().output();
}

}  // namespace
}  // namespace hookcast::testing
