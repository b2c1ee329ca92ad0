// Behind nginx, set up by the files of deploy/nginx.

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <algorithm>
#include <chrono>
#include <memory>
#include <nlohmann/json.hpp>
#include <set>
#include <string>
#include <vector>

#include "tests/integration/client/event_stream_client.h"
#include "tests/integration/nginx_process.h"
#include "tests/integration/node_process.h"
#include "tests/integration/scripted_application.h"

namespace hookcast::testing {
namespace {

using std::chrono::milliseconds;
using std::chrono::steady_clock;
using ::testing::HasSubstr;

// A location as deploy/README.md tells, in front of that node.
std::string DocumentedLocation(const std::string& node) {
  return "    location / {\n      proxy_pass http://" + node +
         ";\n      include " HOOKCAST_SOURCE_DIR "/deploy/nginx/hookcast-proxy.conf;\n    }";
}

class NginxTest : public ::testing::Test {
 protected:
  void SetUp() override {
    ASSERT_TRUE(application_.Start());
    node_ = NodeProcess::Start(
        "shards: 2\nproxies: { trusted: [127.0.0.1] }\nroutes:\n"
        "  - { path: /echo, static: { on_message: echo } }\n"
        "  - { path: /r, application: \"dns:///" +
        application_.address() + "\" }\n" +
        "  - { path: /s, transports: [sse], limits: { message: 4MiB }, application: \"dns:///" +
        application_.address() + "\" }\n");
    ASSERT_NE(node_, nullptr);
    nginx_ = NginxProcess::Start(DocumentedLocation(node_->clients()));
    ASSERT_NE(nginx_, nullptr);
  }

  std::unique_ptr<WebSocketClient> Connect(const std::string& target, HttpHeaders headers = {}) {
    WebSocketClient::Options options;
    options.headers = std::move(headers);
    options.source_address = "127.0.0.2";  // no proxy of the node's
    auto client = WebSocketClient::Connect(nginx_->address(), target, options);
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
TEST_F(NginxTest, B37EachMessagePassesAtOnce) {
  auto client = Connect("/echo");
  ASSERT_NE(client, nullptr);
  std::vector<steady_clock::duration> took;
  for (int i = 0; i < 30; ++i) {
    const auto start = steady_clock::now();
    ASSERT_TRUE(client->SendText("message " + std::to_string(i)).ok());
    const auto echo = client->ReceiveMessage();
    ASSERT_TRUE(echo.ok()) << echo.status();
    EXPECT_EQ(echo->payload, "message " + std::to_string(i));
    took.push_back(steady_clock::now() - start);
  }
  std::sort(took.begin(), took.end());
  EXPECT_LT(took[took.size() * 3 / 4], milliseconds(100));
  ASSERT_TRUE(client->SendBinary(std::string(200'000, '\0')).ok());
  EXPECT_EQ(client->ReceiveMessage()->payload, std::string(200'000, '\0'));
  EXPECT_EQ(client->CloseHandshake(4001, "bye")->close_code, 4001);
}

TEST_F(NginxTest, B37OtherMethodsAreAnsweredAndDoNotHang) {
  for (const char* method : {"HEAD", "OPTIONS", "POST"}) {
    const auto response = HttpRequest(nginx_->address(), method, "/echo");
    ASSERT_TRUE(response.ok()) << method << ": " << response.status();
    EXPECT_EQ(response->status, 405) << method;
    EXPECT_EQ(response->header("Allow"), "GET") << method;
  }
  const auto plain = HttpGet(nginx_->address(), "/echo");
  ASSERT_TRUE(plain.ok()) << plain.status();
  EXPECT_EQ(plain->status, 426);
  EXPECT_THAT(plain->body, HasSubstr("WebSocket"));
}

TEST_F(NginxTest, B37AClientThatLeavesBehindItIsNoticed) {
  std::set<std::string> gone;
  for (const bool by_reset : {true, false}) {
    auto client = Connect("/r");
    ASSERT_NE(client, nullptr);
    const auto is_new = [&](const ScriptedApplication::Entry& entry) {
      return !gone.contains(entry.peer_id);
    };
    const std::string peer =
        application_
            .WaitFor([&](const auto& entry) { return entry.hook == "open" && is_new(entry); })
            .peer_id;
    by_reset ? client->Reset() : client->CloseSocket();
    const auto close = application_.WaitFor(
        [&](const auto& entry) { return entry.hook == "close" && is_new(entry); });
    EXPECT_EQ(close.peer_id, peer);
    EXPECT_EQ(close.details.code(), 1006);
    EXPECT_EQ(close.details.closed_by(), v1::CLOSED_BY_NETWORK);
    EXPECT_TRUE(node_->MetricBecomes("hookcast_connections", 0));
    gone.insert(peer);
  }
}

TEST_F(NginxTest, TheNodeSeesTheClientAndNotWhatItMadeUp) {
  auto client = Connect("/r", {{"X-Forwarded-For", "6.6.6.6"}, {"X-Forwarded-Proto", "https"}});
  ASSERT_NE(client, nullptr);
  const auto upgrade = application_.WaitFor("upgrade");
  EXPECT_EQ(upgrade.request.remote_address(), "127.0.0.2");
  EXPECT_FALSE(upgrade.request.has_tls()) << "nginx was reached without";
}

TEST_F(NginxTest, WhatIsPostedIsBoundedByTheNodeAlone) {
  const auto stream = EventStreamClient::Connect(nginx_->address(), "/s");
  ASSERT_TRUE(stream.ok()) << stream.status();
  const auto first = (*stream)->Receive();
  ASSERT_TRUE(first.ok()) << first.status();
  const auto open = nlohmann::json::parse(first->data, nullptr, /*allow_exceptions=*/false);
  const std::string peer = open.value("peer", "") + "." + open.value("secret", "");
  const auto post = [&](size_t size) {
    return HttpRequest(nginx_->address(), "POST", "/s",
                       {{"Hookcast-Peer", peer}, {"Content-Type", "text/plain"}},
                       std::string(size, 'x'))
        .value_or(HttpResponse());
  };
  EXPECT_EQ(post(3 << 20).status, 202);
  EXPECT_EQ(application_.WaitFor("message").text.size(), size_t{3 << 20});
  const HttpResponse refused = post(5 << 20);
  EXPECT_EQ(refused.status, 413);
  EXPECT_THAT(refused.body, ::testing::Not(HasSubstr("<center>nginx"))) << "the node says it";
}

}  // namespace
}  // namespace hookcast::testing
