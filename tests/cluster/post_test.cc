// A client of an event stream posts to another node than the one that holds its stream.

#include <gmock/gmock.h>

#include <chrono>
#include <nlohmann/json.hpp>
#include <string>

#include "tests/cluster/cluster_fixture.h"
#include "tests/integration/client/ask_until.h"
#include "tests/integration/client/event_stream_client.h"

namespace hookcast::testing {
namespace {

using std::chrono::seconds;
using Clock = std::chrono::steady_clock;

class ClusterPostTest : public ClusterTest {
 protected:
  void SetUp() override {
    ASSERT_NO_FATAL_FAILURE(StartCluster(
        2, "routes: [{ path: '/s/{name}', transports: [sse], static: { on_message: echo } }]\n"));
    auto connected = EventStreamClient::Connect(node(0).clients(), "/s/a");
    ASSERT_TRUE(connected.ok()) << connected.status();
    stream_ = *std::move(connected);
    const auto open = stream_->Receive();
    ASSERT_TRUE(open.ok()) << open.status();
    const auto json = nlohmann::json::parse(open->data);
    peer_ = json.value("peer", "");
    secret_ = json.value("secret", "");
  }

  int Post(size_t i, const std::string& who, const std::string& body,
           const std::string& path = "/s/a") {
    const auto response =
        HttpRequest(node(i).clients(), "POST", path, {{"Hookcast-Peer", who}}, body);
    EXPECT_TRUE(response.ok()) << response.status();
    return response.ok() ? response->status : 0;
  }

  std::unique_ptr<EventStreamClient> stream_;
  std::string peer_;
  std::string secret_;
};

TEST_F(ClusterPostTest, ReachesTheStreamThroughAnyNode) {
  for (const size_t i : {0, 1, 1, 0}) {
    const std::string text = "through " + std::to_string(i);
    EXPECT_EQ(Post(i, peer_ + "." + secret_, text), 202);
    const auto event = stream_->ReceiveMessage();
    ASSERT_TRUE(event.ok()) << event.status();
    EXPECT_EQ(event->data, text);
  }
  EXPECT_EQ(node(1).Metric("hookcast_posts_forwarded_total{result=\"answered\"}"), 2);
}

TEST_F(ClusterPostTest, IsRefusedAsTheStreamsOwnNodeRefusesIt) {
  for (const size_t i : {0, 1}) {
    EXPECT_EQ(Post(i, peer_ + ".0123456789abcdef0123456789abcdef", "x"), 404) << i;
    EXPECT_EQ(Post(i, peer_ + "." + secret_, "x", "/s/b"), 404) << i;
    EXPECT_EQ(Post(i, peer_.substr(0, 17) + "0-99." + secret_, "x"), 404) << i;
    EXPECT_EQ(Post(i, "0123456789abcdef-0-1." + secret_, "x"), 404) << i;
    EXPECT_EQ(Post(i, peer_ + "." + secret_, "\xff"), 400) << i;
  }
}

TEST_F(ClusterPostTest, Is503UntilAKilledNodeCountsAsGoneAnd404Then) {
  Kill(0);
  const auto post = [&] { return Post(1, peer_ + "." + secret_, "x"); };
  EXPECT_EQ(post(), 503);
  EXPECT_EQ(AskUntil(
                post, [](int status) { return status != 503; }, seconds(20)),
            404);
}

}  // namespace
}  // namespace hookcast::testing
