// Subscribers that are closing, stalled or gone, or that everybody talks to at once: what becomes
// of the others, and of their frames.

#include <signal.h>

#include <atomic>
#include <map>
#include <thread>

#include "tests/integration/contract_fixture.h"

namespace hookcast::testing {
namespace {

using Received = WebSocketClient::Received;

class BusyPeerTest : public ContractTest {
 protected:
  Client Subscribed(const std::string& target) {
    Client client = Connect(target, {OrderHeader("x-open-reply", Reply({SubscribeTo("t")}))});
    Order(client, {SendText("ready")});
    EXPECT_EQ(Text(client), "ready");
    return client;
  }
  // By gRPC and by the CLI; all of these hear both.
  void PublishAndExpect(const std::vector<const Client*>& hearers) {
    EXPECT_GE(broker_->PublishText("/a", "t", "by gRPC"), hearers.size());
    const CliResult cli = Cli({"publish", "/a", "t", "by hand"});
    EXPECT_EQ(cli.exit_code, 0) << cli.output;
    for (const Client* client : hearers) {
      EXPECT_EQ(Text(*client), "by gRPC");
      EXPECT_EQ(Text(*client), "by hand");
    }
  }
};
INSTANTIATE_CONTRACT(BusyPeerTest);

TEST_P(BusyPeerTest, B16EverySubscriberHearsAPublishWhileTheOldestIsClosing) {
  StartNode("websocket: { close_timeout: 60s }");
  const Client oldest = Subscribed("/a?1");
  const Client second = Subscribed("/a?2");
  const Client third = Subscribed("/a?3");
  // It is told, and never answers.
  ASSERT_TRUE(broker_->Close(oldest.id, 4000, "").ok());
  PublishAndExpect({&second, &third});
  EXPECT_EQ(broker_->PublishText("/a", "t", "again"), 2) << "the closing one takes nothing";
  EXPECT_EQ(CloseCodeAt(oldest), 4000);
}

TEST_P(BusyPeerTest, B16EverySubscriberHearsAPublishWhileTheOldestIsStalled) {
  StartNode();
  const Client oldest = Subscribed("/a?1");
  const Client second = Subscribed("/a?2");
  const Client third = Subscribed("/a?3");
  // The oldest reads nothing of it, until it is full and condemned, and beyond.
  const std::string filler(60'000, 'x');
  int behind = 0;
  for (int i = 0; behind < 3; ++i) {
    ASSERT_LT(i, 2'000);
    const std::string text = std::to_string(i) + filler;
    ASSERT_GE(broker_->PublishText("/a", "t", text), 2);
    ASSERT_EQ(Text(second), text);
    ASSERT_EQ(Text(third), text);
    if (node_->Metric("hookcast_dropped_total{cause=\"slow_peer\"}") > 0) ++behind;
  }
  PublishAndExpect({&second, &third});
}

TEST_P(BusyPeerTest, B16EverySubscriberHearsAPublishWhileTheOldestIsGone) {
  StartNode();
  for (int round = 0; round < 10; ++round) {
    const std::string number = std::to_string(round);
    const Client oldest = Subscribed("/a?1" + number);
    const Client second = Subscribed("/a?2" + number);
    const Client third = Subscribed("/a?3" + number);
    oldest->Reset();
    EXPECT_GE(broker_->PublishText("/a", "t", "one"), 2);
    EXPECT_EQ(Text(second), "one");
    EXPECT_EQ(Text(third), "one");
    // Its close hook is held up by nothing, and nobody is by it.
    application_->CloseOf(oldest.id);
    PublishAndExpect({&second, &third});
  }
}

TEST_P(BusyPeerTest, B16APeersOwnPublishLeavesOutThatPeerAlone) {
  StartNode("websocket: { close_timeout: 60s }");
  const Client closing = Subscribed("/a?0");
  const Client oldest = Subscribed("/a?1");
  const Client second = Subscribed("/a?2");
  const Client third = Subscribed("/a?3");
  ASSERT_TRUE(broker_->Close(closing.id, 4000, "").ok());
  for (const Client* speaker : {&oldest, &second, &third}) {
    Order(*speaker, {PublishText("t", "from " + speaker->id), SendText("said")});
    for (const Client* hearer : {&oldest, &second, &third}) {
      EXPECT_EQ(Text(*hearer), hearer == speaker ? "said" : "from " + speaker->id);
    }
  }
}

// Eight threads publish all the time. Each round a peer hears some of it, is pinged in between, and
// is kicked, by a Close or without one; in the last the node ends. The client's own codec finds
// each frame whole, and of each publisher's messages an unbroken run.
class BusyPeerRoundsTest : public ::testing::Test {
 protected:
  static constexpr int kPublishers = 8;

  void Start() {
    node_ = NodeProcess::Start(
        "shards: 2\nwebsocket: { ping_interval: 1ms, pong_timeout: 10s }\n"
        "shutdown: { timeout: 5s }\nroutes:\n  - { path: /sub, static: { subscribe: [t] } }\n");
    ASSERT_NE(node_, nullptr);
    for (int i = 0; i < kPublishers; ++i) publishers_.emplace_back([this, i] { Publish(i); });
  }
  void TearDown() override {
    stop_ = true;
    for (std::thread& publisher : publishers_) publisher.join();
  }

  void Publish(int publisher) {
    BrokerCalls calls(node_->control());
    for (int i = 0; !stop_; ++i) {
      std::string text = std::to_string(publisher) + ":" + std::to_string(i) + ":";
      text.append(static_cast<size_t>(i % 50) * 40, static_cast<char>('a' + publisher));
      v1::PublishResponse response;
      if (!calls.Publish("/sub", "t", TextData(text), &response).ok()) return;  // the node ended
    }
  }

  // Reads so many messages, or to the end where 0, and checks each. The last is what came at the
  // end.
  Received ReadAndCheck(WebSocketClient& client, int most) {
    for (int read = 0; most == 0 || read < most; ++read) {
      auto received = client.ReceiveMessage();
      if (!received.ok()) {
        ADD_FAILURE() << received.status();
        return {};
      }
      if (received->kind != Received::kText) return *received;
      const std::string& text = received->payload;
      const size_t first = text.find(':');
      const size_t second = text.find(':', first + 1);
      const int publisher = std::stoi(text.substr(0, first));
      const int number = std::stoi(text.substr(first + 1, second - first - 1));
      EXPECT_EQ(text.substr(second + 1), std::string(static_cast<size_t>(number % 50) * 40,
                                                     static_cast<char>('a' + publisher)));
      // The first may have been on its way when the peer subscribed: one behind it may be missing
      // that was published, in between, when nobody wanted the namespace.
      if (++seen_[publisher] > 2) {
        EXPECT_EQ(number, last_[publisher] + 1) << "of publisher " << publisher;
      }
      last_[publisher] = number;
    }
    return {};
  }

  std::unique_ptr<NodeProcess> node_;
  std::vector<std::thread> publishers_;
  std::atomic<bool> stop_ = false;
  std::map<int, int> seen_;  // how many of each publisher the round's client heard
  std::map<int, int> last_;  // number, by publisher, of what the round's client heard
};

TEST_F(BusyPeerRoundsTest, B22PublishesPingsKicksAndShutdownLeaveEachFrameWhole) {
  Start();
  BrokerCalls calls(node_->control());
  constexpr int kRounds = 150;
  for (int round = 0; round < kRounds; ++round) {
    last_.clear();
    seen_.clear();
    auto client = node_->Connect("/sub");
    ASSERT_NE(client, nullptr);
    ReadAndCheck(*client, 20);
    v1::PeerSelector all;
    all.mutable_filter()->set_namespace_("/sub");
    if (round % 3 == 2) {
      v1::TerminateRequest request;
      *request.mutable_peers() = all;
      v1::TerminateResponse response;
      ASSERT_TRUE(calls.Call(&BrokerCalls::Stub::Terminate, request, &response).ok());
      const Received end = ReadAndCheck(*client, 0);
      EXPECT_TRUE(end.kind == Received::kEof || end.kind == Received::kReset);
      continue;
    }
    v1::ClosePeersRequest request;
    *request.mutable_peers() = all;
    request.set_code(4000);
    request.set_reason("kicked");
    v1::ClosePeersResponse response;
    ASSERT_TRUE(calls.Call(&BrokerCalls::Stub::Close, request, &response).ok());
    const Received end = ReadAndCheck(*client, 0);
    EXPECT_EQ(end.kind, Received::kClose);
    EXPECT_EQ(end.close_code, 4000);
    EXPECT_EQ(end.payload, "kicked");
    ASSERT_TRUE(client->SendClose(4000).ok());
    EXPECT_EQ(client->Receive()->kind, Received::kEof) << "nothing behind the Close";
  }
  EXPECT_GT(node_->Metric("hookcast_pings_sent_total"), 0);

  last_.clear();
  seen_.clear();
  auto client = node_->Connect("/sub");
  ReadAndCheck(*client, 20);
  node_->process().Signal(SIGTERM);
  const Received end = ReadAndCheck(*client, 0);
  EXPECT_EQ(end.kind, Received::kClose);
  EXPECT_EQ(end.close_code, 1012);
  ASSERT_TRUE(client->SendClose(1012).ok());
  EXPECT_EQ(client->Receive()->kind, Received::kEof);
  EXPECT_EQ(node_->process().WaitExit().value_or(-1), 0);
}

}  // namespace
}  // namespace hookcast::testing
