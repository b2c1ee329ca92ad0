// The test client against a server that is not the product.

#include <gtest/gtest.h>

#include <memory>
#include <string>

#include "tests/integration/client/child_process.h"
#include "tests/integration/client/websocket_client.h"

namespace hookcast::testing {
namespace {

using Received = WebSocketClient::Received;

class BaselineTest : public ::testing::TestWithParam<const char*> {
 protected:
  void SetUp() override {
    absl::StatusOr<std::unique_ptr<ChildProcess>> started =
        ChildProcess::Start({HOOKCAST_BASELINE, "--mode", GetParam()});
    ASSERT_TRUE(started.ok()) << started.status();
    server_ = *std::move(started);
    const absl::StatusOr<std::string> line = server_->WaitForLine("listening on ");
    ASSERT_TRUE(line.ok()) << line.status();
    host_port_ = line->substr(line->find("on ") + 3);
  }

  std::unique_ptr<WebSocketClient> Connect(const std::string& target) {
    absl::StatusOr<std::unique_ptr<WebSocketClient>> client =
        WebSocketClient::Connect(host_port_, target);
    EXPECT_TRUE(client.ok()) << client.status();
    return client.ok() ? *std::move(client) : nullptr;
  }

  std::unique_ptr<ChildProcess> server_;
  std::string host_port_;
};

TEST_P(BaselineTest, EchoesMessagesOfEverySizeInOrder) {
  const auto client = Connect("/echo");
  ASSERT_NE(client, nullptr);
  for (const size_t size : {0u, 1u, 125u, 126u, 65535u, 65536u, 1000000u}) {
    const std::string payload(size, 'x');
    ASSERT_TRUE(client->SendText(payload).ok());
    ASSERT_TRUE(client->SendBinary("after").ok());
    const absl::StatusOr<Received> text = client->Receive();
    ASSERT_TRUE(text.ok()) << text.status();
    EXPECT_EQ(text->kind, Received::kText);
    EXPECT_EQ(text->payload, payload);
    const absl::StatusOr<Received> binary = client->Receive();
    ASSERT_TRUE(binary.ok()) << binary.status();
    EXPECT_EQ(binary->kind, Received::kBinary);
    EXPECT_EQ(binary->payload, "after");
  }
}

TEST_P(BaselineTest, EchoesAFragmentedMessageWholeAndAnswersThePingInside) {
  const auto client = Connect("/echo");
  ASSERT_NE(client, nullptr);
  ASSERT_TRUE(client->SendFrame(0x1, false, "ab").ok());
  ASSERT_TRUE(client->SendPing("p").ok());
  ASSERT_TRUE(client->SendFrame(0x0, true, "c").ok());
  const absl::StatusOr<Received> pong = client->Receive();
  ASSERT_TRUE(pong.ok()) << pong.status();
  EXPECT_EQ(pong->kind, Received::kPong);
  EXPECT_EQ(pong->payload, "p");
  const absl::StatusOr<Received> message = client->Receive();
  ASSERT_TRUE(message.ok()) << message.status();
  EXPECT_EQ(message->payload, "abc");
}

TEST_P(BaselineTest, WhatIsPublishedReachesEachSubscriberOnceAndNotThePublisher) {
  const auto first = Connect("/sub");
  const auto second = Connect("/sub");
  const auto publisher = Connect("/pub");
  ASSERT_TRUE(first && second && publisher);
  ASSERT_TRUE(publisher->SendText("one").ok());
  ASSERT_TRUE(publisher->SendBinary("two").ok());
  ASSERT_TRUE(publisher->SendPing("fence").ok());
  for (WebSocketClient* subscriber : {first.get(), second.get()}) {
    EXPECT_EQ(subscriber->Receive()->payload, "one");
    const absl::StatusOr<Received> two = subscriber->Receive();
    ASSERT_TRUE(two.ok()) << two.status();
    EXPECT_EQ(two->kind, Received::kBinary);
    EXPECT_EQ(two->payload, "two");
    ASSERT_TRUE(subscriber->SendPing("fence").ok());
    EXPECT_EQ(subscriber->Receive()->kind, Received::kPong);
  }
  EXPECT_EQ(publisher->Receive()->kind, Received::kPong);
}

TEST_P(BaselineTest, ClosesWithTheClientsCodeAndEndsTheConnection) {
  const auto client = Connect("/echo");
  ASSERT_NE(client, nullptr);
  const absl::StatusOr<Received> close = client->CloseHandshake(4001, "bye");
  ASSERT_TRUE(close.ok()) << close.status();
  EXPECT_EQ(close->close_code, 4001);
  EXPECT_EQ(close->payload, "bye");
}

TEST_P(BaselineTest, AnUnmaskedFrameIsClosedWith1002) {
  const auto client = Connect("/echo");
  ASSERT_NE(client, nullptr);
  ASSERT_TRUE(client->SendFrame(0x1, true, "x", 0, false).ok());
  const absl::StatusOr<Received> close = client->Receive();
  ASSERT_TRUE(close.ok()) << close.status();
  EXPECT_EQ(close->kind, Received::kClose);
  EXPECT_EQ(close->close_code, 1002);
}

TEST_P(BaselineTest, APathWithoutARouteIs404AndTheEnd) {
  const absl::StatusOr<HttpResponse> response = WebSocketClient::TryUpgrade(host_port_, "/nowhere");
  ASSERT_TRUE(response.ok()) << response.status();
  EXPECT_EQ(response->status, 404);
  EXPECT_TRUE(response->closed);
}

TEST_P(BaselineTest, ASubscriberThatLeavesByResetOrFinDoesNotDisturbTheOthers) {
  const auto stays = Connect("/sub");
  auto resets = Connect("/sub");
  auto leaves = Connect("/sub");
  const auto publisher = Connect("/pub");
  ASSERT_TRUE(stays && resets && leaves && publisher);
  resets->Reset();
  leaves->CloseSocket();
  for (int i = 0; i < 20; ++i) {
    ASSERT_TRUE(publisher->SendText(std::to_string(i)).ok());
    EXPECT_EQ(stays->Receive()->payload, std::to_string(i));
  }
}

INSTANTIATE_TEST_SUITE_P(Modes, BaselineTest, ::testing::Values("direct", "gathered"),
                         [](const ::testing::TestParamInfo<const char*>& info) {
                           return std::string(info.param);
                         });

}  // namespace
}  // namespace hookcast::testing
