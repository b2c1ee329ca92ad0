// Control from outside: calls in JSON over HTTP, tokens, and those who watch.

#include <gmock/gmock.h>
#include <grpcpp/create_channel.h>
#include <grpcpp/security/credentials.h>
#include <gtest/gtest.h>
#include <signal.h>
#include <unistd.h>

#include <fstream>
#include <memory>
#include <nlohmann/json.hpp>
#include <string>

#include "absl/strings/str_cat.h"
#include "hookcast/v1/broker.grpc.pb.h"
#include "tests/integration/client/http_client.h"
#include "tests/integration/node_process.h"

namespace hookcast::testing {
namespace {

using nlohmann::json;
using ::testing::HasSubstr;
using ::testing::Not;

constexpr char kRoutes[] =
    "shards: 2\n"
    "routes:\n"
    "  - { path: \"/sub/{topic}\", namespace: news, static: { subscribe: [\"{topic}\"] } }\n";

HttpResponse Post(NodeProcess& node, const std::string& method, const std::string& body,
                  HttpHeaders headers = {}) {
  headers.emplace_back("Content-Type", "application/json");
  auto response = HttpRequest(node.admin(), "POST", "/hookcast.v1.BrokerService/" + method, headers,
                              body, std::chrono::seconds(30));
  EXPECT_TRUE(response.ok()) << response.status();
  return response.ok() ? *std::move(response) : HttpResponse();
}

std::string CodeOf(const HttpResponse& response) {
  EXPECT_EQ(response.header("Content-Type"), "application/json");
  return json::parse(response.body)["code"].get<std::string>();
}

TEST(JsonCallsTest, WhatGrpcDoesJsonDoes) {
  auto node = NodeProcess::Start(kRoutes);
  ASSERT_NE(node, nullptr);
  auto peer = node->Connect("/sub/today");
  ASSERT_TRUE(node->MetricBecomes("hookcast_subscriptions", 1));
  const HttpResponse published =
      Post(*node, "Publish",
           R"({"namespace": "news", "topic": "today", "data": {"json": {"a": [1, true]}}})");
  EXPECT_EQ(published.status, 200) << published.body;
  EXPECT_EQ(json::parse(published.body)["localCount"], "1");
  EXPECT_EQ(peer->ReceiveMessage()->payload, R"({"a":[1,true]})");
  const json topics = json::parse(Post(*node, "ListTopics", "{}").body);
  EXPECT_EQ(topics["topics"],
            json::parse(R"([{"namespace": "news", "topic": "today", "peers": "1"}])"));
  const json peers = json::parse(Post(*node, "ListPeers", R"({"limit": 1})").body);
  const std::string id = peers["peers"][0]["peer"]["id"];
  EXPECT_EQ(Post(*node, "Close", json({{"peers", {{"peer", id}}}, {"code", 4000}}).dump()).status,
            200);
  EXPECT_EQ(peer->ReceiveMessage()->close_code, 4000);
  ASSERT_TRUE(node->MetricBecomes("hookcast_peers", 0));
  const HttpResponse gone = Post(*node, "GetPeer", json({{"peer", id}}).dump());
  EXPECT_EQ(gone.status, 404);
  EXPECT_EQ(CodeOf(gone), "not_found");
}

TEST(JsonCallsTest, ALargeBodyPassesAndATooLargeOneDoesNot) {
  auto node = NodeProcess::Start(kRoutes);
  ASSERT_NE(node, nullptr);
  const auto publication = [](size_t bytes) {
    return R"({"namespace":"news","topic":"t","data":{"text":")" + std::string(bytes, 'x') + "\"}}";
  };
  EXPECT_EQ(Post(*node, "Publish", publication(8 << 20)).status, 200);
  const HttpResponse refused = Post(*node, "Publish", publication(16 << 20));
  EXPECT_EQ(refused.status, 413);
  EXPECT_EQ(CodeOf(refused), "resource_exhausted");
}

TEST(JsonCallsTest, WhatABrowsersForeignPageCouldSendIsRefused) {
  auto node = NodeProcess::Start(kRoutes, {"--set", "admin.hosts=[admin.example]"});
  ASSERT_NE(node, nullptr);
  const auto status = [&](const HttpHeaders& headers) {
    const auto response =
        HttpRequest(node->admin(), "POST", "/hookcast.v1.BrokerService/Ping", headers, "{}");
    EXPECT_TRUE(response.ok()) << response.status();
    EXPECT_THAT(response->raw, Not(HasSubstr("Access-Control")));
    return response->status;
  };
  const std::pair<std::string, std::string> json_type = {"Content-Type", "application/json"};
  EXPECT_EQ(status({json_type}), 200);
  EXPECT_EQ(status({json_type, {"Host", "admin.example"}}), 200);
  EXPECT_EQ(status({json_type, {"Origin", "http://" + node->admin()}}), 200);
  EXPECT_EQ(status({{"Content-Type", "text/plain"}}), 415);
  EXPECT_EQ(status({}), 415);
  EXPECT_EQ(status({json_type, {"Host", "evil.example"}}), 403);
  EXPECT_EQ(status({json_type, {"Origin", "http://evil.example"}}), 403);
  EXPECT_EQ(status({json_type, {"Origin", "null"}}), 403);
  const auto get = HttpGet(node->admin(), "/hookcast.v1.BrokerService/Ping");
  EXPECT_EQ(get->status, 405);
  EXPECT_EQ(get->header("Allow"), "POST");
  EXPECT_EQ(Post(*node, "Pong", "{}").status, 404);
  const HttpResponse watch = Post(*node, "Watch", "{}");
  EXPECT_EQ(watch.status, 501);
  EXPECT_EQ(CodeOf(watch), "unimplemented");
}

class TokensTest : public ::testing::Test {
 protected:
  static std::string Write(const std::string& name, const std::string& text) {
    const std::string path = absl::StrCat(::testing::TempDir(), "hookcast-", getpid(), "-", name);
    std::ofstream(path) << text;
    return path;
  }
  static grpc::Status Ping(NodeProcess& node, const std::string& authorization) {
    const auto stub = v1::BrokerService::NewStub(
        grpc::CreateChannel(node.control(), grpc::InsecureChannelCredentials()));
    grpc::ClientContext context;
    context.AddMetadata("authorization", authorization);
    v1::PingResponse response;
    return stub->Ping(&context, {}, &response);
  }
};

TEST_F(TokensTest, EveryDoorAsksForATokenAndItsScope) {
  const std::string publisher = Write("publisher", "publisher-0123456789\n");
  const std::string reader = Write("reader", "reader-0123456789\n");
  auto node =
      NodeProcess::Start(std::string(kRoutes) + "auth:\n  tokens:\n    - { file: " + publisher +
                         ", scopes: [publish] }\n    - { file: " + reader + ", scopes: [read] }\n");
  ASSERT_NE(node, nullptr);
  const HttpHeaders none;
  const HttpHeaders wrong = {{"Authorization", "Bearer reader-9876543210"}};
  const HttpHeaders as_reader = {{"Authorization", "Bearer reader-0123456789"}};
  const HttpHeaders as_publisher = {{"Authorization", "Bearer publisher-0123456789"}};
  const auto get = [&](const std::string& path, const HttpHeaders& headers) {
    return HttpGet(node->admin(), path, headers)->status;
  };
  for (const char* path : {"/livez", "/readyz"}) EXPECT_EQ(get(path, none), 200);
  for (const char* path : {"/metrics", "/"}) {
    EXPECT_EQ(get(path, none), 401);
    EXPECT_EQ(get(path, wrong), 401);
    EXPECT_EQ(get(path, as_publisher), 403);
    EXPECT_EQ(get(path, as_reader), 200);
  }
  const HttpResponse unknown = Post(*node, "Ping", "{}", wrong);
  EXPECT_EQ(unknown.status, 401);
  EXPECT_EQ(CodeOf(unknown), "unauthenticated");
  EXPECT_EQ(unknown.header("WWW-Authenticate"), "Bearer");
  EXPECT_EQ(Post(*node, "Ping", "{}", none).body, unknown.body);
  EXPECT_EQ(Post(*node, "Ping", "{}", as_reader).status, 200);
  const HttpResponse denied = Post(*node, "Terminate", "{}", as_reader);
  EXPECT_EQ(denied.status, 403);
  EXPECT_THAT(denied.body, HasSubstr("\\\"manage\\\""));
  EXPECT_TRUE(Ping(*node, "Bearer reader-0123456789").ok());
  EXPECT_EQ(Ping(*node, "Bearer publisher-0123456789").error_code(),
            grpc::StatusCode::PERMISSION_DENIED);
  EXPECT_EQ(Ping(*node, "Bearer wrong-0123456789").error_code(), grpc::StatusCode::UNAUTHENTICATED);
  // Neither a foreign page nor a log gets anything by a good token.
  HttpHeaders foreign = as_reader;
  foreign.emplace_back("Origin", "http://evil.example");
  EXPECT_EQ(Post(*node, "Ping", "{}", foreign).status, 403);
  node->process().Signal(SIGTERM);
  EXPECT_TRUE(node->process().WaitExit().ok());
  EXPECT_THAT(node->process().output(), Not(HasSubstr("0123456789")));
}

TEST_F(TokensTest, ANodeThatAsksForTokensMayListenBeyondItsMachine) {
  const std::string token = Write("anybody", "anybody-0123456789\n");
  auto node = NodeProcess::Start("auth: { tokens: [{ file: " + token + ", scopes: [read] }] }\n",
                                 {"--set", "control.listen=0.0.0.0:0"});
  ASSERT_NE(node, nullptr);
}

TEST_F(TokensTest, ANodeWithoutItsTokenDoesNotStart) {
  const auto start = [](const std::string& file) {
    const auto process = ChildProcess::Start(
        {HOOKCASTD, "--set", "auth.tokens=[{file: " + file + ", scopes: [read]}]", "--set",
         "listen=127.0.0.1:0", "--set", "admin.listen=127.0.0.1:0", "--set",
         "control.listen=127.0.0.1:0"});
    EXPECT_TRUE(process.ok()) << process.status();
    EXPECT_EQ((*process)->WaitExit().value_or(-1), 1);
    return (*process)->output();
  };
  EXPECT_THAT(start("/nonexistent"), HasSubstr("the token file /nonexistent cannot be read"));
  EXPECT_THAT(start(Write("short", "secret\n")),
              AllOf(HasSubstr("too short"), Not(HasSubstr("secret\n"))));
}

class WatchTest : public ::testing::Test {
 protected:
  void SetUp() override {
    node_ = NodeProcess::Start(kRoutes);
    ASSERT_NE(node_, nullptr);
    stub_ = v1::BrokerService::NewStub(
        grpc::CreateChannel(node_->control(), grpc::InsecureChannelCredentials()));
  }
  std::unique_ptr<grpc::ClientReader<v1::WatchEvent>> Watch(const v1::WatchRequest& request) {
    auto reader = stub_->Watch(&context_, request);
    reader->WaitForInitialMetadata();
    return reader;
  }
  void Publish(const std::string& topic, const std::string& text) {
    grpc::ClientContext context;
    v1::PublishRequest request;
    request.set_namespace_("news");
    request.set_topic(topic);
    request.mutable_data()->set_text(text);
    v1::PublishResponse response;
    const grpc::Status status = stub_->Publish(&context, request, &response);
    EXPECT_TRUE(status.ok()) << status.error_message();
  }

  std::unique_ptr<NodeProcess> node_;
  std::unique_ptr<v1::BrokerService::Stub> stub_;
  grpc::ClientContext context_;
};

TEST_F(WatchTest, SeesPeersComeAndGoAndWhatIsPublished) {
  v1::WatchRequest request;
  request.set_namespace_("news");
  const auto reader = Watch(request);
  auto peer = node_->Connect("/sub/today");
  v1::WatchEvent event;
  ASSERT_TRUE(reader->Read(&event));
  EXPECT_EQ(event.opened().peer().path(), "/sub/today");
  const std::string id = event.opened().peer().id();
  Publish("today", "sun");
  ASSERT_TRUE(reader->Read(&event));
  EXPECT_EQ(event.message().data().text(), "sun");
  EXPECT_EQ(event.message().topic(), "today");
  ASSERT_TRUE(peer->SendClose(4001, "bye").ok());
  ASSERT_TRUE(reader->Read(&event));
  EXPECT_EQ(event.closed().peer(), id);
  EXPECT_EQ(event.closed().namespace_(), "news");
  EXPECT_EQ(event.closed().details().code(), 4001u);
  EXPECT_EQ(event.closed().details().reason(), "bye");
  EXPECT_EQ(event.closed().details().closed_by(), v1::CLOSED_BY_CLIENT);
}

TEST_F(WatchTest, ASlowWatcherIsToldWhatItLost) {
  const auto reader = Watch({});
  const std::string filler(60'000, '.');
  uint64_t published = 0;
  while (node_->Metric("hookcast_watch_dropped_total") == 0) {
    for (int i = 0; i < 20; ++i) Publish("today", std::to_string(published++) + filler);
  }
  uint64_t seen = 0;
  uint64_t dropped = 0;
  v1::WatchEvent event;
  while (seen + dropped < published) {
    ASSERT_TRUE(reader->Read(&event));
    if (event.kind_case() == v1::WatchEvent::kDropped) {
      dropped += event.dropped();
    } else {
      EXPECT_EQ(event.message().data().text(), std::to_string(seen++ + dropped) + filler);
    }
  }
  EXPECT_GT(dropped, 0u);
}

TEST_F(WatchTest, EndsWithTheNode) {
  const auto reader = Watch({});
  node_->process().Signal(SIGTERM);
  v1::WatchEvent event;
  while (reader->Read(&event)) {
  }
  EXPECT_EQ(reader->Finish().error_code(), grpc::StatusCode::UNAVAILABLE);
  EXPECT_EQ(node_->process().WaitExit().value_or(-1), 0);
}

}  // namespace
}  // namespace hookcast::testing
