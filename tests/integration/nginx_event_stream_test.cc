// Event streams behind an nginx that nobody has set up for them: HTTP/1.0 to the node, buffering
// and gzip as they come.

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <algorithm>
#include <chrono>
#include <memory>
#include <set>
#include <string>
#include <vector>

#include "tests/integration/broker_calls.h"
#include "tests/integration/client/event_stream_client.h"
#include "tests/integration/nginx_process.h"
#include "tests/integration/node_process.h"
#include "tests/integration/scripted_application.h"

namespace hookcast::testing {
namespace {

using std::chrono::milliseconds;
using std::chrono::steady_clock;

class NginxEventStreamTest : public ::testing::Test {
 protected:
  void SetUp() override {
    ASSERT_TRUE(application_.Start());
    node_ = NodeProcess::Start(
        "shards: 2\nroutes:\n"
        "  - { path: /feed, transports: [sse], static: { subscribe: [t] } }\n"
        "  - { path: /r, transports: [sse], application: \"dns:///" +
        application_.address() + "\" }\n");
    ASSERT_NE(node_, nullptr);
    nginx_ = NginxProcess::Start("    gzip on;\n    location / {\n      proxy_pass http://" +
                                 node_->clients() + ";\n    }\n");
    ASSERT_NE(nginx_, nullptr);
  }

  // As a browser asks.
  std::unique_ptr<EventStreamClient> Connect(const std::string& target) {
    auto client = EventStreamClient::Connect(
        nginx_->address(), target, {.headers = {{"Accept-Encoding", "gzip, deflate, br"}}});
    if (!client.ok()) {
      ADD_FAILURE() << client.status();
      return nullptr;
    }
    return *std::move(client);
  }

  ScriptedApplication application_;
  std::unique_ptr<NodeProcess> node_;
  std::unique_ptr<NginxProcess> nginx_;
};

// What a proxy buffered would come late each time; once, a busy machine may be slow.
TEST_F(NginxEventStreamTest, B37EachEventPassesAtOnceBehindAProxyWithItsDefaults) {
  const auto begin = steady_clock::now();
  const auto client = Connect("/feed");
  ASSERT_NE(client, nullptr);
  const auto open = client->Receive();
  ASSERT_TRUE(open.ok()) << open.status();
  EXPECT_EQ(open->type, "hookcast.open");
  EXPECT_FALSE(client->response().HasHeader("Content-Encoding"));

  BrokerCalls broker(node_->control());
  std::vector<steady_clock::duration> took;
  for (int i = 0; i < 30; ++i) {
    const auto start = steady_clock::now();
    ASSERT_EQ(broker.PublishText("/feed", "t", std::to_string(i)), 1u);
    const auto event = client->Receive();
    ASSERT_TRUE(event.ok()) << event.status();
    EXPECT_EQ(event->data, std::to_string(i));
    took.push_back(steady_clock::now() - start);
  }
  std::sort(took.begin(), took.end());
  EXPECT_LT(took[took.size() * 3 / 4], milliseconds(100));

  const std::string large(200'000, 'x');
  ASSERT_EQ(broker.PublishText("/feed", "t", large), 1u);
  EXPECT_EQ(client->Receive()->data, large);
}

TEST_F(NginxEventStreamTest, B37WhatTheNodeEndsEndsBehindTheProxy) {
  const auto client = Connect("/r");
  ASSERT_NE(client, nullptr);
  const std::string peer = application_.WaitFor("open").peer_id;
  BrokerCalls broker(node_->control());
  ASSERT_TRUE(broker.Close(peer, 4001, "enough").ok());
  EXPECT_EQ(*client->AwaitEnd(), EventStreamClient::End::kWhole);
  EXPECT_EQ(client->Receive()->type, "hookcast.open");
  EXPECT_EQ(client->Receive()->type, "hookcast.close");
}

TEST_F(NginxEventStreamTest, B37HeadAndOptionsAreAnsweredAndDoNotHang) {
  const auto head = HttpRequest(nginx_->address(), "HEAD", "/feed");
  ASSERT_TRUE(head.ok()) << head.status();
  EXPECT_EQ(head->status, 200);
  EXPECT_EQ(head->header("Content-Type"), "text/event-stream");
  EXPECT_EQ(head->body, "");
  const auto options = HttpRequest(nginx_->address(), "OPTIONS", "/feed");
  ASSERT_TRUE(options.ok()) << options.status();
  EXPECT_EQ(options->status, 204);
  EXPECT_EQ(options->header("Allow"), "GET, HEAD, OPTIONS");
}

// While nothing is sent: no failing write can tell.
TEST_F(NginxEventStreamTest, B37AClientThatLeavesBehindItIsNoticedWithinSeconds) {
  std::set<std::string> gone;
  for (const bool by_reset : {true, false}) {
    const auto client = Connect("/r");
    ASSERT_NE(client, nullptr);
    const auto next = [&](const std::string& hook) {
      return application_.WaitFor(
          [&](const auto& entry) { return entry.hook == hook && !gone.contains(entry.peer_id); },
          std::chrono::seconds(5));
    };
    const std::string peer = next("open").peer_id;
    ASSERT_TRUE(client->Receive().ok());
    by_reset ? client->Reset() : client->CloseSocket();
    EXPECT_EQ(next("close").peer_id, peer);
    EXPECT_TRUE(node_->MetricBecomes("hookcast_connections", 0, std::chrono::seconds(5)));
    gone.insert(peer);
  }
}

}  // namespace
}  // namespace hookcast::testing
