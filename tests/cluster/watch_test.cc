// Who watches a namespace at one node sees what any node publishes to it.

#include <gmock/gmock.h>

#include <memory>
#include <string>

#include "tests/cluster/cluster_fixture.h"

namespace hookcast::testing {
namespace {

class ClusterWatchTest : public ClusterTest {
 protected:
  // A watch that has begun.
  struct Watching {
    std::unique_ptr<v1::BrokerService::Stub> stub;
    grpc::ClientContext context;
    std::unique_ptr<grpc::ClientReader<v1::WatchEvent>> reader;
  };
  std::unique_ptr<Watching> Watch(size_t i, const std::string& ns) {
    auto watching = std::make_unique<Watching>();
    watching->stub = v1::BrokerService::NewStub(
        grpc::CreateChannel(node(i).control(), grpc::InsecureChannelCredentials()));
    v1::WatchRequest request;
    request.set_namespace_(ns);
    watching->context.set_deadline(std::chrono::system_clock::now() + std::chrono::seconds(20));
    watching->reader = watching->stub->Watch(&watching->context, request);
    watching->reader->WaitForInitialMetadata();
    return watching;
  }
  static std::string Next(Watching& watching) {
    v1::WatchEvent event;
    EXPECT_TRUE(watching.reader->Read(&event));
    return event.message().data().text();
  }
};

TEST_F(ClusterWatchTest, WithoutASubscriberTooAndFromItsHeadersOn) {
  ASSERT_NO_FATAL_FAILURE(StartCluster(2, ""));
  auto one = Watch(1, "quiet");
  auto two = Watch(1, "quiet");
  for (int i = 0; i < 20; ++i) calls(0).PublishText("quiet", "t", std::to_string(i));
  calls(1).PublishText("quiet", "t", "its own");
  // Publishers at different nodes may interleave.
  int next = 0;
  bool own = false;
  for (int i = 0; i < 21; ++i) {
    const std::string text = Next(*one);
    if (text == "its own") {
      own = true;
    } else {
      EXPECT_EQ(text, std::to_string(next++));
    }
  }
  EXPECT_TRUE(own);
  one->context.TryCancel();
  calls(0).PublishText("quiet", "t", "after one left");
  for (int i = 0; i < 21; ++i) Next(*two);
  EXPECT_EQ(Next(*two), "after one left");
  two->context.TryCancel();
}

TEST_F(ClusterWatchTest, BeginsAllTheSameWhereRedisDoesNotAnswer) {
  ASSERT_NO_FATAL_FAILURE(StartCluster(1, ""));
  redis().Pause();
  const auto start = std::chrono::steady_clock::now();
  auto watching = Watch(0, "quiet");
  EXPECT_LT(std::chrono::steady_clock::now() - start, std::chrono::seconds(4));
  v1::PublishResponse response;
  calls(0).Publish("quiet", "t", TextData("local"), &response);
  v1::WatchEvent first;
  EXPECT_TRUE(watching->reader->Read(&first));
  EXPECT_EQ(first.missed().namespace_(), "quiet") << first.DebugString();
  EXPECT_EQ(Next(*watching), "local");
  watching->context.TryCancel();
  redis().Continue();
}

TEST_F(ClusterWatchTest, IsToldWhatTheNodeMissed) {
  ASSERT_NO_FATAL_FAILURE(StartCluster(2, ""));
  auto watching = Watch(1, "quiet");
  calls(0).PublishText("quiet", "t", "before");
  EXPECT_EQ(Next(*watching), "before");
  ASSERT_GT(redis().CallForNumber({"CLIENT", "KILL", "TYPE", "pubsub"}), 0);
  v1::WatchEvent event;
  ASSERT_TRUE(watching->reader->Read(&event));
  EXPECT_EQ(event.missed().namespace_(), "quiet") << event.DebugString();
  EXPECT_FALSE(event.missed().has_messages()) << "nobody can know";
  watching->context.TryCancel();
}

}  // namespace
}  // namespace hookcast::testing
