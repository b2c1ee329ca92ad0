// permessage-deflate on a whole node: what is agreed on, what is compressed and for whom, and what
// hostile clients make of it.

#include <gmock/gmock.h>
#include <grpcpp/grpcpp.h>
#include <gtest/gtest.h>

#include <chrono>
#include <memory>
#include <string>
#include <vector>

#include "absl/strings/str_cat.h"
#include "hookcast/v1/broker.grpc.pb.h"
#include "tests/integration/node_process.h"
#include "tests/integration/scripted_application.h"
#include "tests/unit/edge/websocket/deflate_samples.h"

namespace hookcast::testing {
namespace {

using std::chrono::seconds;
using websocket::testing::Deflated;
using websocket::testing::Inflated;
using websocket::testing::Noise;
using Received = WebSocketClient::Received;

constexpr uint8_t kRsv1 = 4;
constexpr char kPlainAnswer[] =
    "permessage-deflate; server_no_context_takeover; client_no_context_takeover";

// All routes of one namespace but the echoes; peers are subscribed to "t".
constexpr char kRoutes[] =
    "shards: 1\n"
    "routes:\n"
    "  - { path: /off, namespace: ns, static: { subscribe: [t] } }\n"
    "  - { path: /asked, namespace: ns, static: { subscribe: [t] }, compression: { mode: asked } "
    "}\n"
    "  - { path: /always, namespace: ns, static: { subscribe: [t] }, compression: { mode: always } "
    "}\n"
    "  - { path: /from1k, namespace: ns, static: { subscribe: [t] },\n"
    "      compression: { mode: always, threshold: 1KiB } }\n"
    "  - { path: /echo, static: { on_message: echo }, compression: { mode: always } }\n"
    "  - { path: /echo-asked, static: { on_message: echo }, compression: { mode: asked } }\n";

WebSocketClient::Options Offer(std::string offer = "permessage-deflate; client_max_window_bits") {
  return {.headers = {{"Sec-WebSocket-Extensions", std::move(offer)}}};
}

// The next message as its application meant it, or what went wrong in its place.
struct Got {
  std::string text;
  bool compressed = false;
  bool operator==(const Got&) const = default;
};
std::ostream& operator<<(std::ostream& out, const Got& got) {
  return out << (got.compressed ? "compressed " : "plain ") << got.text.substr(0, 60) << " ("
             << got.text.size() << " bytes)";
}

Got NextOf(WebSocketClient& client) {
  const auto received = client.ReceiveMessage();
  if (!received.ok()) return {received.status().ToString()};
  if (received->kind != Received::kText && received->kind != Received::kBinary) {
    return {absl::StrCat("close ", received->close_code, " ", received->payload)};
  }
  if (received->rsv == 0) return {received->payload};
  return {Inflated(received->payload), received->rsv == kRsv1};
}

class CompressionTest : public ::testing::Test {
 protected:
  void SetUp() override {
    node_ = NodeProcess::Start(kRoutes);
    ASSERT_NE(node_, nullptr);
    broker_ = v1::BrokerService::NewStub(
        grpc::CreateChannel(node_->control(), grpc::InsecureChannelCredentials()));
  }

  void Publish(const std::string& text, bool compress) {
    v1::PublishRequest request;
    request.set_namespace_("ns");
    request.set_topic("t");
    request.mutable_data()->set_text(text);
    request.mutable_data()->set_compress(compress);
    v1::PublishResponse response;
    grpc::ClientContext context;
    const grpc::Status status = broker_->Publish(&context, request, &response);
    ASSERT_TRUE(status.ok()) << status.error_message();
  }
  double Compressed(const std::string& result) {
    return node_->Metric("hookcast_compressed_messages_total{result=\"" + result + "\"}");
  }
  void AwaitSubscriptions(int count) {
    ASSERT_TRUE(node_->MetricBecomes("hookcast_subscriptions", count));
  }

  std::unique_ptr<NodeProcess> node_;
  std::unique_ptr<v1::BrokerService::Stub> broker_;
};

TEST_F(CompressionTest, AnOfferIsTakenWhereTheRouteHasIt) {
  EXPECT_EQ(node_->Connect("/asked", Offer())->response().header("Sec-WebSocket-Extensions"),
            kPlainAnswer);
  EXPECT_EQ(node_->Connect("/always", Offer())->response().header("Sec-WebSocket-Extensions"),
            kPlainAnswer);
  EXPECT_FALSE(node_->Connect("/off", Offer())->response().HasHeader("Sec-WebSocket-Extensions"));
  EXPECT_FALSE(node_->Connect("/always")->response().HasHeader("Sec-WebSocket-Extensions"));
  EXPECT_FALSE(node_->Connect("/always", Offer("permessage-deflate; server_max_window_bits=8"))
                   ->response()
                   .HasHeader("Sec-WebSocket-Extensions"));
}

TEST_F(CompressionTest, TheModeAndTheThresholdSayWhatIsCompressed) {
  auto off = node_->Connect("/off", Offer());
  auto asked = node_->Connect("/asked", Offer());
  auto always = node_->Connect("/always", Offer());
  auto from1k = node_->Connect("/from1k", Offer());
  auto plain = node_->Connect("/always");
  AwaitSubscriptions(5);
  struct Case {
    size_t size;
    bool compress;
    bool asked, always, from1k;  // whether it is compressed for these
  };
  for (const Case& c : {Case{255, false, false, false, false}, Case{256, false, false, true, false},
                        Case{1023, false, false, true, false}, Case{1024, false, false, true, true},
                        Case{100, true, true, true, true}, Case{1, true, false, false, false}}) {
    SCOPED_TRACE(absl::StrCat(c.size, c.compress ? " bytes, asked for" : " bytes"));
    const std::string text(c.size, 'x');
    Publish(text, c.compress);
    EXPECT_EQ(NextOf(*off), (Got{text, false}));
    EXPECT_EQ(NextOf(*plain), (Got{text, false}));
    EXPECT_EQ(NextOf(*asked), (Got{text, c.asked}));
    EXPECT_EQ(NextOf(*always), (Got{text, c.always}));
    EXPECT_EQ(NextOf(*from1k), (Got{text, c.from1k}));
  }
}

TEST_F(CompressionTest, OneCompressedFrameServesAllPeersOfAWindow) {
  std::vector<std::unique_ptr<WebSocketClient>> clients;
  for (int i = 0; i < 30; ++i) {
    clients.push_back(node_->Connect(i % 2 == 0 ? "/always" : "/asked", Offer()));
  }
  for (int i = 0; i < 10; ++i) {
    clients.push_back(
        node_->Connect("/always", Offer("permessage-deflate; server_max_window_bits=12")));
    EXPECT_EQ(clients.back()->response().header("Sec-WebSocket-Extensions"),
              absl::StrCat(kPlainAnswer, "; server_max_window_bits=9"));
  }
  AwaitSubscriptions(40);
  for (int i = 1; i <= 5; ++i) {
    const std::string text(500 * i, 'x');
    Publish(text, true);
    for (auto& client : clients) EXPECT_EQ(NextOf(*client), (Got{text, true}));
    EXPECT_EQ(Compressed("deflated"), 2 * i) << "once for each window";
  }
}

TEST_F(CompressionTest, WhatIsNotSmallerGoesOutPlainAndThatIsFoundOnce) {
  std::vector<std::unique_ptr<WebSocketClient>> clients;
  for (int i = 0; i < 10; ++i) clients.push_back(node_->Connect("/always", Offer()));
  AwaitSubscriptions(10);
  const std::string odd = "q8#Z";
  Publish(odd, true);
  for (auto& client : clients) EXPECT_EQ(NextOf(*client), (Got{odd, false}));
  EXPECT_EQ(Compressed("not_smaller"), 1);
}

TEST_F(CompressionTest, EchoesFollowTheSameRule) {
  auto always = node_->Connect("/echo", Offer());
  auto asked = node_->Connect("/echo-asked", Offer());
  const std::string text(300, 'e');
  for (WebSocketClient* client : {always.get(), asked.get()}) {
    // Compressed, in two frames; plain; and binary.
    const std::string packed = Deflated(text);
    ASSERT_TRUE(client->SendFrame(1, false, packed.substr(0, 2), kRsv1).ok());
    ASSERT_TRUE(client->SendFrame(0, true, packed.substr(2)).ok());
    EXPECT_EQ(NextOf(*client), (Got{text, client == always.get()}));
    ASSERT_TRUE(client->SendText("plain").ok());
    EXPECT_EQ(NextOf(*client), (Got{"plain", false}));
    ASSERT_TRUE(client->SendFrame(2, true, Deflated(Noise(1000)), kRsv1).ok());
    EXPECT_EQ(NextOf(*client), (Got{Noise(1000), false}));
    ASSERT_TRUE(client->SendFrame(1, true, Deflated(""), kRsv1).ok());
    EXPECT_EQ(NextOf(*client), (Got{"", false}));
  }
  EXPECT_EQ(Compressed("inflated"), 6);
}

// The wish travels by each way in.
TEST_F(CompressionTest, PublishersAskForItByEachWay) {
  auto client = node_->Connect("/asked", Offer());
  AwaitSubscriptions(1);
  const std::string text(100, 'p');
  const CliResult by_cli =
      RunCli({"--server", node_->control(), "publish", "ns", "t", text, "--compress"});
  EXPECT_EQ(by_cli.exit_code, 0) << by_cli.output;
  EXPECT_EQ(NextOf(*client), (Got{text, true}));
  const CliResult all =
      RunCli({"--server", node_->control(), "send", "--namespace", "ns", text, "--compress"});
  EXPECT_EQ(all.exit_code, 0) << all.output;
  EXPECT_EQ(NextOf(*client), (Got{text, true}));
  const auto by_json =
      HttpRequest(node_->admin(), "POST", "/hookcast.v1.BrokerService/Publish",
                  {{"Content-Type", "application/json"}},
                  absl::StrCat(R"({"namespace":"ns","topic":"t","data":{"compress":true,"text":")",
                               text, R"("}})"));
  ASSERT_TRUE(by_json.ok()) << by_json.status();
  EXPECT_EQ(by_json->status, 200) << by_json->body;
  EXPECT_EQ(NextOf(*client), (Got{text, true}));
}

TEST_F(CompressionTest, AnEnvelopeOfTheJsonSubprotocolIsCompressedAsAWhole) {
  auto options = Offer();
  options.subprotocols = {"hookcast.v1.json"};
  auto client = node_->Connect("/always", options);
  auto bare = node_->Connect("/always", Offer());
  AwaitSubscriptions(2);
  EXPECT_THAT(NextOf(*client).text, ::testing::StartsWith("{\"type\":\"open\""));
  Publish(std::string(400, 'j'), false);
  const Got got = NextOf(*client);
  EXPECT_TRUE(got.compressed);
  EXPECT_THAT(got.text, ::testing::StartsWith("{\"type\":\"message\",\"topic\":\"t\""));
  EXPECT_THAT(got.text, ::testing::HasSubstr(std::string(400, 'j')));
  EXPECT_EQ(NextOf(*bare), (Got{std::string(400, 'j'), true}));
}

// The limit of a message is 1 MiB; this comes in about as much, and would inflate to 1 GiB.
TEST_F(CompressionTest, ABombIsStoppedAtTheLimitOfAMessage) {
  const std::string part = Deflated(std::string(16 << 20, '\0'));
  std::string bomb = part;
  for (int i = 1; i < 64; ++i) bomb.append(std::string_view("\0\0\xff\xff", 4)).append(part);
  ASSERT_LT(bomb.size(), (1u << 20) * 9 / 8);

  auto bystander = node_->Connect("/echo", Offer());
  const auto round_trip = [&] {
    ASSERT_TRUE(bystander->SendText("still there?").ok());
    EXPECT_EQ(NextOf(*bystander), (Got{"still there?", false}));
  };
  const auto explode = [&](int times) {
    std::vector<std::unique_ptr<WebSocketClient>> clients;
    for (int i = 0; i < times; ++i) {
      clients.push_back(node_->Connect("/echo", Offer()));
      ASSERT_TRUE(clients.back()->SendFrame(2, true, bomb, kRsv1).ok());
      round_trip();
    }
    for (auto& client : clients) {
      EXPECT_EQ(NextOf(*client).text, "close 1009 message is larger than allowed once inflated");
    }
  };
  explode(2);
  ASSERT_TRUE(node_->MetricBecomes("hookcast_peers", 1));
  const double before = node_->Metric("hookcast_resident_memory_bytes");
  const auto begin = std::chrono::steady_clock::now();
  explode(20);
  // Twenty GiB take much longer than twenty times the limit.
  EXPECT_LT(std::chrono::steady_clock::now() - begin, seconds(8));
  EXPECT_LT(node_->Metric("hookcast_resident_memory_bytes"), before + (8 << 20));
  EXPECT_EQ(Compressed("refused"), 22);
}

TEST_F(CompressionTest, WhatIsNotRightIsToldByTheCodeOfTheClose) {
  struct Case {
    uint8_t opcode;
    bool fin;
    std::string payload;
    std::string close;
  };
  for (const Case& c :
       {Case{1, true, "\x07", "close 1007 compressed message is damaged, or not whole"},
        Case{2, true, Deflated(std::string(100, 'x')).substr(0, 3),
             "close 1007 compressed message is damaged, or not whole"},
        Case{1, true, Deflated("\xff"), "close 1007 compressed text is not valid UTF-8"},
        Case{2, true, Deflated(std::string((1 << 20) + 1, 'x')),
             "close 1009 message is larger than allowed once inflated"},
        Case{9, true, "x",
             "close 1002 a reserved bit is set other than RSV1 of a message's first frame, for "
             "permessage-deflate"}}) {
    auto client = node_->Connect("/echo", Offer());
    ASSERT_TRUE(client->SendFrame(c.opcode, c.fin, c.payload, kRsv1).ok());
    EXPECT_EQ(NextOf(*client).text, c.close);
  }
}

TEST(CompressionHookTest, AnApplicationAsksForItInItsReplies) {
  ScriptedApplication application;
  ASSERT_TRUE(application.Start());
  const std::string text(100, 'h');
  application.on_open = [](const v1::OpenRequest&, v1::HookReply* reply) {
    Subscribe(reply, "t");
    SendText(reply, "open");
    return grpc::Status::OK;
  };
  application.on_message = [&](const v1::MessageRequest& request, v1::HookReply* reply) {
    // What came compressed is what the client meant.
    EXPECT_EQ(request.text(), text);
    SendText(reply, text);
    reply->mutable_actions(0)->mutable_send()->mutable_data()->set_compress(true);
    PublishText(reply, "t", text, /*include_self=*/true);
    reply->mutable_actions(1)->mutable_publish()->mutable_data()->set_compress(true);
    SendText(reply, text);
    return grpc::Status::OK;
  };
  auto node = NodeProcess::Start("routes:\n  - path: /app\n    application: \"dns:///" +
                                 application.address() + "\"\n    compression: { mode: asked }\n");
  ASSERT_NE(node, nullptr);
  auto client = node->Connect("/app", Offer());
  EXPECT_EQ(NextOf(*client), (Got{"open", false}));
  ASSERT_TRUE(client->SendFrame(1, true, Deflated(text), kRsv1).ok());
  EXPECT_EQ(NextOf(*client), (Got{text, true}));
  EXPECT_EQ(NextOf(*client), (Got{text, true}));
  EXPECT_EQ(NextOf(*client), (Got{text, false}));
}

}  // namespace
}  // namespace hookcast::testing
