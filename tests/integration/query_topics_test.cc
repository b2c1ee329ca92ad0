// A static route whose clients name their topics, as docs/configuration.md tells it.

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <memory>
#include <string>
#include <utility>
#include <vector>

#include "tests/integration/broker_calls.h"
#include "tests/integration/client/event_stream_client.h"
#include "tests/integration/node_process.h"

namespace hookcast::testing {
namespace {

using ::testing::HasSubstr;
using ::testing::Not;

class QueryTopicsTest : public ::testing::Test {
 protected:
  void SetUp() override {
    node_ = NodeProcess::Start(
        "shards: 2\nroutes:\n"
        "  - path: /feed\n"
        "    transports: [websocket, sse]\n"
        "    static: { subscribe: [status], query_topics: [news, \"prices-*\"] }\n"
        "    limits: { topics: 3 }\n");
    ASSERT_NE(node_, nullptr);
    broker_ = std::make_unique<BrokerCalls>(node_->control());
  }

  std::unique_ptr<EventStreamClient> Stream(const std::string& target) {
    auto client = EventStreamClient::Connect(node_->clients(), target);
    if (!client.ok()) {
      ADD_FAILURE() << target << ": " << client.status();
      return nullptr;
    }
    EXPECT_EQ((*client)->Receive()->type, "hookcast.open");
    return *std::move(client);
  }

  std::unique_ptr<NodeProcess> node_;
  std::unique_ptr<BrokerCalls> broker_;
};

TEST_F(QueryTopicsTest, ClientsOfBothTransportsGetTheTopicsThatTheyNamed) {
  const auto stream = Stream("/feed?topic=news&x=y&topic=prices-caf%C3%A9+au+lait&topic=news");
  const auto plain = Stream("/feed");
  const auto socket = node_->Connect("/feed?topic=prices-eur");
  ASSERT_TRUE(node_->MetricBecomes("hookcast_subscriptions", 3 + 1 + 2));

  EXPECT_EQ(broker_->PublishText("/feed", "news", "to the stream"), 1u);
  EXPECT_EQ(broker_->PublishText("/feed", "prices-caf\xC3\xA9 au lait", "2.80"), 1u);
  EXPECT_EQ(broker_->PublishText("/feed", "prices-eur", "1.08"), 1u);
  EXPECT_EQ(broker_->PublishText("/feed", "prices-usd", "to nobody"), 0u);
  EXPECT_EQ(broker_->PublishText("/feed", "status", "to all"), 3u);
  for (const char* data : {"to the stream", "2.80", "to all"}) {
    EXPECT_EQ(stream->Receive()->data, data);
  }
  EXPECT_EQ(plain->Receive()->data, "to all");
  for (const char* data : {"1.08", "to all"}) {
    const auto received = socket->ReceiveMessage();
    ASSERT_TRUE(received.ok()) << received.status();
    EXPECT_EQ(received->payload, data);
  }
}

TEST_F(QueryTopicsTest, WhatIsNotOfferedIsRefusedInPlaceOfTheUpgradeAndNotToldBack) {
  const std::vector<std::pair<std::string, int>> cases = {
      {"topic=secret", 403},
      {"topic=news&topic=%3Cscript%3E", 403},
      {"topic=%0D%0AX-Forged:%20y", 403},
      {"topic=", 400},
      {"topic=%FF", 400},
      {"topic=prices-" + std::string(249, 'x'), 400},
      {"topic=news&topic=prices-a&topic=prices-b", 400}};
  for (const auto& [query, status] : cases) {
    const std::string target = "/feed?" + query;
    const auto stream =
        HttpGet(node_->clients(), target,
                {{"Accept", "text/event-stream"}, {"Origin", "https://app.example"}});
    const auto socket = WebSocketClient::TryUpgrade(node_->clients(), target);
    for (const auto& response : {stream, socket}) {
      ASSERT_TRUE(response.ok()) << response.status();
      EXPECT_EQ(response->status, status) << query;
      EXPECT_THAT(response->body, HasSubstr("The query names")) << query;
      for (const char* said : {"secret", "<script>", "Forged", "xxx", "prices"}) {
        EXPECT_THAT(response->raw, Not(HasSubstr(said)));
      }
    }
    // A page may read why.
    EXPECT_EQ(stream->header("Access-Control-Allow-Origin"), "*");
  }
  EXPECT_TRUE(node_->MetricBecomes("hookcast_connections", 0));
  EXPECT_EQ(node_->Metric("hookcast_peers_opened_total"), 0);
}

}  // namespace
}  // namespace hookcast::testing
