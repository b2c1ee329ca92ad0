// Topics through a whole node: static routes alone, with two shards, so that messages cross
// threads.

#include <grpcpp/grpcpp.h>
#include <gtest/gtest.h>

#include "hookcast/v1/broker.grpc.pb.h"
#include "tests/integration/node_process.h"

namespace hookcast::testing {
namespace {

// The example that the documentation gives, but for its addresses.
constexpr std::string_view kExample = R"(
shards: 2
backplane: { kind: memory }
routes:
  - { path: /echo, static: { on_message: echo } }
  - { path: /sub, namespace: bench, static: { subscribe: [bench] } }
  - { path: /pub, namespace: bench, static: { on_message: publish, topic: bench } }
  - { path: "/rooms/{room}", application: "dns:///127.0.0.1:50051" }
  - { path: /small-queue, namespace: bench, static: { subscribe: [burst] }, limits: { queue: 64KiB } }
  - { path: "/both/{topic}", static: { subscribe: ["{topic}"], on_message: publish, topic: "{topic}" } }
)";

class PubSubTest : public ::testing::Test {
 protected:
  void SetUp() override {
    node_ = NodeProcess::Start(kExample);
    ASSERT_NE(node_, nullptr);
  }

  std::unique_ptr<NodeProcess> node_;
};

TEST_F(PubSubTest, EchoReturnsWhatCameInOrder) {
  auto client = node_->Connect("/echo");
  for (int i = 0; i < 1000; ++i) ASSERT_TRUE(client->SendText(std::to_string(i)).ok());
  for (int i = 0; i < 1000; ++i) ASSERT_EQ(client->ReceiveMessage()->payload, std::to_string(i));
}

TEST_F(PubSubTest, SubscribersHearWhatIsPublishedInThePublishersOrderOnEveryShard) {
  std::vector<std::unique_ptr<WebSocketClient>> subscribers;
  for (int i = 0; i < 10; ++i) subscribers.push_back(node_->Connect("/sub"));
  ASSERT_TRUE(node_->MetricBecomes("hookcast_subscriptions", 10));
  auto publisher = node_->Connect("/pub");
  for (int i = 0; i < 500; ++i) ASSERT_TRUE(publisher->SendText(std::to_string(i)).ok());
  for (auto& subscriber : subscribers) {
    for (int i = 0; i < 500; ++i) {
      ASSERT_EQ(subscriber->ReceiveMessage()->payload, std::to_string(i));
    }
  }
}

TEST_F(PubSubTest, ThePublisherDoesNotHearItself) {
  auto one = node_->Connect("/both/news");
  auto two = node_->Connect("/both/news");
  ASSERT_TRUE(node_->MetricBecomes("hookcast_subscriptions", 2));
  ASSERT_TRUE(one->SendText("from one").ok());
  EXPECT_EQ(two->ReceiveMessage()->payload, "from one");
  ASSERT_TRUE(two->SendText("from two").ok());
  // Its own message would have come first.
  EXPECT_EQ(one->ReceiveMessage()->payload, "from two");
}

TEST_F(PubSubTest, APathIsANamespaceOfItsOwn) {
  auto inside = node_->Connect("/both/x");
  auto outside = node_->Connect("/both/y");
  ASSERT_TRUE(node_->MetricBecomes("hookcast_subscriptions", 2));
  // Namespaces "/both/x" and "/both/y": neither hears the other's topic of the same name.
  ASSERT_EQ(RunCli({"--server", node_->control(), "publish", "/both/x", "y", "wrong"}).exit_code,
            0);
  ASSERT_EQ(RunCli({"--server", node_->control(), "publish", "/both/y", "y", "right"}).exit_code,
            0);
  EXPECT_EQ(outside->ReceiveMessage()->payload, "right");
  ASSERT_EQ(RunCli({"--server", node_->control(), "publish", "/both/x", "x", "in"}).exit_code, 0);
  EXPECT_EQ(inside->ReceiveMessage()->payload, "in");
}

TEST_F(PubSubTest, OneTurnsBurstBeyondTheQueueLimitReachesAPeerWhoseSocketTakesIt) {
  auto subscriber = node_->Connect("/small-queue");
  ASSERT_TRUE(node_->MetricBecomes("hookcast_subscriptions", 1));
  // 400 KB at once: six times what may wait for the peer, and less than its socket takes.
  constexpr int kMessages = 20;
  const std::string filler(20'000, 'x');
  v1::PublishBatchRequest batch;
  for (int i = 0; i < kMessages; ++i) {
    v1::PublishRequest* message = batch.add_messages();
    message->set_namespace_("bench");
    message->set_topic("burst");
    message->mutable_data()->set_text(std::to_string(i) + filler);
  }
  const auto stub = v1::BrokerService::NewStub(
      grpc::CreateChannel(node_->control(), grpc::InsecureChannelCredentials()));
  grpc::ClientContext context;
  v1::PublishBatchResponse response;
  ASSERT_TRUE(stub->PublishBatch(&context, batch, &response).ok());
  for (int i = 0; i < kMessages; ++i) {
    EXPECT_EQ(response.results(i).local_count(), 1);
    ASSERT_EQ(subscriber->ReceiveMessage()->payload, std::to_string(i) + filler);
  }
}

}  // namespace
}  // namespace hookcast::testing
