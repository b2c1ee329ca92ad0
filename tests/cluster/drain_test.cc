// A node that is drained, or stopped, under connected peers and load.

#include <gmock/gmock.h>
#include <signal.h>

#include <algorithm>
#include <atomic>
#include <chrono>
#include <map>
#include <memory>
#include <set>
#include <string>
#include <thread>
#include <vector>

#include "tests/cluster/cluster_fixture.h"
#include "tests/integration/client/event_stream_client.h"
#include "tests/integration/scripted_application.h"

namespace hookcast::testing {
namespace {

using std::chrono::milliseconds;
using std::chrono::seconds;
using ::testing::HasSubstr;
using Clock = std::chrono::steady_clock;
using Stub = v1::BrokerService::Stub;

// What one client saw until its node sent it away.
struct Seen {
  std::vector<int> numbers;
  uint16_t close_code = 0;
  Clock::time_point closed;
};

class ClusterDrainTest : public ClusterTest {
 protected:
  static constexpr int kPeers = 60;

  void Start(const std::string& shutdown) {
    ASSERT_TRUE(application_.Start());
    ASSERT_NO_FATAL_FAILURE(StartCluster(
        2, "shutdown: " + shutdown +
               "\nroutes:\n  - path: '/a/{n}'\n    namespace: a\n    application: \"dns:///" +
               application_.address() + "\"\n    transports: [websocket, sse]\n"));
  }

  void ConnectAll() {
    for (int i = 0; i < kPeers; ++i) {
      clients_.push_back(node(0).Connect("/a/" + std::to_string(i)));
      ASSERT_NE(clients_.back(), nullptr);
    }
    ASSERT_TRUE(node(0).MetricBecomes("hookcast_peers", kPeers));
    v1::SubscribeRequest subscribe;
    subscribe.mutable_peers()->mutable_filter()->set_namespace_("a");
    subscribe.set_topic("t");
    EXPECT_EQ(Ask(1, &Stub::Subscribe, subscribe).matched(), uint64_t{kPeers});
  }

  // Publishes at the other node, and reads all clients to their Close, until all have it.
  std::vector<Seen> PublishWhileTheyLeave() {
    std::atomic<bool> all_left{false};
    std::thread publisher([&] {
      while (!all_left) {
        calls(1).PublishText("a", "t", std::to_string(published_));
        ++published_;
      }
    });
    std::vector<Seen> seen(clients_.size());
    std::vector<std::thread> readers;
    for (size_t i = 0; i < clients_.size(); ++i) {
      readers.emplace_back([&, i] {
        while (seen[i].close_code == 0) {
          const auto received = clients_[i]->ReceiveMessage(seconds(20));
          ASSERT_TRUE(received.ok()) << received.status();
          if (received->kind == WebSocketClient::Received::kText) {
            seen[i].numbers.push_back(std::stoi(received->payload));
            continue;
          }
          ASSERT_EQ(received->kind, WebSocketClient::Received::kClose) << "peer " << i;
          seen[i].closed = Clock::now();
          seen[i].close_code = received->close_code;
          clients_[i]->SendClose(received->close_code).IgnoreError();
        }
      });
    }
    for (std::thread& reader : readers) reader.join();
    all_left = true;
    publisher.join();
    return seen;
  }

  // Nothing that was published before its Close is missing to anybody; 1012 for all; evenly.
  void ExpectPaced(std::vector<Seen> seen, Clock::time_point begun, milliseconds over) {
    size_t most = 0;
    for (const Seen& one : seen) {
      EXPECT_EQ(one.close_code, 1012);
      for (size_t n = 1; n < one.numbers.size(); ++n) {
        ASSERT_EQ(one.numbers[n], one.numbers[n - 1] + 1);
      }
      most = std::max(most, one.numbers.size());
    }
    EXPECT_GT(most, 10u) << "too little was published for this to mean anything";
    std::sort(seen.begin(), seen.end(),
              [](const Seen& a, const Seen& b) { return a.closed < b.closed; });
    // Never before its turn; how much later is the machine's.
    for (size_t i = 0; i < seen.size(); ++i) {
      // Whatever shards they are on.
      const auto turn = over * static_cast<int>(i) / static_cast<int>(seen.size() - 1);
      EXPECT_GE(seen[i].closed - begun + milliseconds(1), turn) << i;
    }
    EXPECT_LT(seen.back().closed - begun, over + seconds(5));
  }

  void ExpectEachCloseHookOnce() {
    std::set<std::string> left;
    application_.WaitFor([&](const ScriptedApplication::Entry& entry) {
      if (entry.hook == "close") left.insert(entry.peer_id);
      return left.size() == kPeers;
    });
    std::map<std::string, int> closes;
    for (const auto& entry : application_.entries()) {
      if (entry.hook != "close") continue;
      ++closes[entry.peer_id];
      EXPECT_EQ(entry.details.code(), 1012u);
      EXPECT_EQ(entry.details.closed_by(), v1::CLOSED_BY_NODE);
    }
    EXPECT_EQ(closes.size(), size_t{kPeers});
    for (const auto& [peer, times] : closes) EXPECT_EQ(times, 1) << peer;
  }

  ScriptedApplication application_;
  std::vector<std::unique_ptr<WebSocketClient>> clients_;
  std::atomic<int> published_{0};
};

TEST_F(ClusterDrainTest, ADrainedNodeHasItsPeersLeaveEvenlyAndRunsOn) {
  ASSERT_NO_FATAL_FAILURE(Start("{ timeout: 20s }"));
  ASSERT_NO_FATAL_FAILURE(ConnectAll());
  v1::DrainNodeRequest request;
  request.set_node(id(0));
  request.mutable_over()->set_seconds(3);
  const Clock::time_point begun = Clock::now();
  EXPECT_EQ(Ask(1, &Stub::DrainNode, request).peers(), uint64_t{kPeers});

  const auto ready = HttpGet(node(0).admin(), "/readyz");
  ASSERT_TRUE(ready.ok());
  EXPECT_EQ(ready->status, 503);
  EXPECT_THAT(ready->body, HasSubstr("drained"));
  EXPECT_THAT(Cli(1, {"nodes"}).output, HasSubstr("draining"));

  ExpectPaced(PublishWhileTheyLeave(), begun, seconds(3));
  ExpectEachCloseHookOnce();
  const auto refused = WebSocketClient::TryUpgrade(node(0).clients(), "/a/new");
  ASSERT_TRUE(refused.ok()) << refused.status();
  EXPECT_EQ(refused->status, 503);
  EXPECT_TRUE(refused->HasHeader("Retry-After"));
  EXPECT_EQ(HttpGet(node(0).admin(), "/livez")->status, 200);
  EXPECT_TRUE(Cli(0, {"ping"}).exit_code == 0);
  // Nothing is left to wait for.
  const Clock::time_point stopped = Clock::now();
  node(0).process().Signal(SIGTERM);
  EXPECT_EQ(node(0).process().WaitExit().value_or(-1), 0);
  EXPECT_LT(Clock::now() - stopped, seconds(5));
}

TEST_F(ClusterDrainTest, ANodeThatIsStoppedHasItsPeersLeaveEvenlyAndEndsWithNothingLeft) {
  ASSERT_NO_FATAL_FAILURE(Start("{ timeout: 20s, drain: 10s }"));
  ASSERT_NO_FATAL_FAILURE(ConnectAll());
  const Clock::time_point begun = Clock::now();
  node(0).process().Signal(SIGTERM);
  // 100 a second at least.
  ExpectPaced(PublishWhileTheyLeave(), begun, milliseconds(kPeers * 10));
  const auto code = node(0).process().WaitExit();
  ASSERT_TRUE(code.ok()) << code.status();
  EXPECT_EQ(*code, 0);
  EXPECT_THAT(node(0).process().output(), ::testing::Not(HasSubstr("peers were left")));
  ExpectEachCloseHookOnce();
  EXPECT_TRUE(Knows(1, 1, seconds(5)));
}

TEST_F(ClusterDrainTest, NotReadyComesBeforeAnybodyIsSentAway) {
  ASSERT_NO_FATAL_FAILURE(Start("{ timeout: 20s, ready_delay: 5s, drain: 0s }"));
  auto client = node(0).Connect("/a/1");
  application_.WaitFor("open");
  const Clock::time_point begun = Clock::now();
  node(0).process().Signal(SIGTERM);
  ASSERT_TRUE(node(0).MetricBecomes("hookcast_ready", 0));
  auto late = node(0).Connect("/a/2");  // load balancers have not looked yet
  ASSERT_NE(late, nullptr);
  for (auto* one : {&client, &late}) {
    const auto received = (*one)->ReceiveMessage();
    ASSERT_TRUE(received.ok()) << received.status();
    EXPECT_EQ(received->close_code, 1012);
    EXPECT_GE(Clock::now() - begun, seconds(5));
    (*one)->SendClose(1012).IgnoreError();
  }
  EXPECT_EQ(node(0).process().WaitExit().value_or(-1), 0);
}

TEST_F(ClusterDrainTest, WhateverIsOrderedMeanwhileNobodyIsSentAwayBeforeThat) {
  ASSERT_NO_FATAL_FAILURE(Start("{ timeout: 20s, ready_delay: 5s, drain: 0s }"));
  auto client = node(0).Connect("/a/1");
  application_.WaitFor("open");
  const Clock::time_point begun = Clock::now();
  v1::DrainNodeRequest request;
  request.set_node(id(0));
  for (int i = 0; i < 2; ++i) EXPECT_EQ(Ask(1, &Stub::DrainNode, request).peers(), uint64_t{1});
  node(0).process().Signal(SIGTERM);
  const auto received = client->ReceiveMessage();
  ASSERT_TRUE(received.ok()) << received.status();
  EXPECT_EQ(received->close_code, 1012);
  EXPECT_GE(Clock::now() - begun, seconds(5));
  client->SendClose(1012).IgnoreError();
  EXPECT_EQ(node(0).process().WaitExit().value_or(-1), 0);
  const std::string log = node(0).process().output();
  const size_t told = log.find("\"draining\"");
  ASSERT_NE(told, std::string::npos);
  EXPECT_EQ(log.find("\"draining\"", told + 1), std::string::npos) << log;
}

TEST_F(ClusterDrainTest, OfTwoPeersOneLeavesAtOnceAndTheOtherAtTheEnd) {
  ASSERT_NO_FATAL_FAILURE(Start("{ timeout: 20s }"));
  for (int i = 0; i < 2; ++i) clients_.push_back(node(0).Connect("/a/" + std::to_string(i)));
  ASSERT_TRUE(node(0).MetricBecomes("hookcast_peers", 2));
  const Clock::time_point begun = Clock::now();
  std::vector<Seen> seen(2);
  std::vector<std::thread> readers;
  for (size_t i = 0; i < 2; ++i) {
    readers.emplace_back([&, i] {
      const auto received = clients_[i]->ReceiveMessage();
      ASSERT_TRUE(received.ok()) << received.status();
      seen[i].closed = Clock::now();
      seen[i].close_code = received->close_code;
      EXPECT_EQ(received->payload, "this node takes no more clients; connect again");
    });
  }
  v1::DrainNodeRequest request;
  request.set_node(id(0));
  request.mutable_over()->set_seconds(3);
  EXPECT_EQ(Ask(1, &Stub::DrainNode, request).peers(), 2u);
  for (std::thread& reader : readers) reader.join();
  EXPECT_EQ(seen[0].close_code, 1012);
  EXPECT_EQ(seen[1].close_code, 1012);
  EXPECT_LT(std::min(seen[0].closed, seen[1].closed) - begun, seconds(2));
  EXPECT_GE(std::max(seen[0].closed, seen[1].closed) - begun, seconds(3));
}

TEST_F(ClusterDrainTest, EventStreamsAreToldWhenToComeBackEachAtItsOwnTime) {
  ASSERT_NO_FATAL_FAILURE(Start("{ timeout: 20s }"));
  std::vector<std::unique_ptr<EventStreamClient>> streams;
  for (int i = 0; i < 8; ++i) {
    auto connected = EventStreamClient::Connect(node(0).clients(), "/a/" + std::to_string(i));
    ASSERT_TRUE(connected.ok()) << connected.status();
    streams.push_back(*std::move(connected));
  }
  const CliResult drained = Cli(1, {"drain", "--node", id(0), "--over", "500ms"});
  EXPECT_EQ(drained.exit_code, 0);
  EXPECT_THAT(drained.output, HasSubstr("drained " + id(0) + " of 8 peers in "));
  std::map<std::string, int> retries;
  for (const auto& stream : streams) {
    EXPECT_EQ(stream->AwaitEnd().value_or(EventStreamClient::End::kReset),
              EventStreamClient::End::kWhole);
    EXPECT_THAT(stream->body(), HasSubstr("\"code\":1012"));
    const size_t at = stream->body().rfind("retry: ");
    ASSERT_NE(at, std::string::npos);
    ++retries[stream->body().substr(at, stream->body().find('\n', at) - at)];
  }
  EXPECT_GT(retries.size(), 4u);
}

}  // namespace
}  // namespace hookcast::testing
