// A client that does not read: what it costs the node, what it costs everybody else, and what it
// finds when it reads again.

#include <gmock/gmock.h>
#include <grpcpp/grpcpp.h>
#include <gtest/gtest.h>
#include <sys/socket.h>

#include <algorithm>
#include <chrono>
#include <map>
#include <sstream>
#include <utility>
#include <vector>

#include "hookcast/v1/broker.grpc.pb.h"
#include "tests/integration/node_process.h"
#include "tests/integration/scripted_application.h"

namespace hookcast::testing {
namespace {

using std::chrono::milliseconds;
using std::chrono::seconds;
using std::chrono::steady_clock;
using ::testing::StartsWith;
using Entry = ScriptedApplication::Entry;
using Received = WebSocketClient::Received;

constexpr size_t kLimit = 256 * 1024;

// One namespace: the crowd is subscribed to "news", the slow peer to "news" and "bulk". Messages
// are numbered through, whatever their topic.
class SlowPeerTest : public ::testing::TestWithParam<const char*> {
 protected:
  void Start(const std::string& slow_peer) {
    ASSERT_TRUE(application_.Start());
    application_.on_open = [](const v1::OpenRequest&, v1::HookReply* reply) {
      Subscribe(reply, "news");
      Subscribe(reply, "bulk");
      SendText(reply, "open");
      return grpc::Status::OK;
    };
    node_ = NodeProcess::Start(
        "shards: 2\nwebsocket: { close_timeout: 60s }\nroutes:\n"
        "  - { path: /crowd, namespace: ns, static: { subscribe: [news] } }\n"
        "  - path: /slow\n    namespace: ns\n    application: \"dns:///" +
        application_.address() + "\"\n    slow_peer: " + slow_peer +
        "\n    limits: { queue: 256KiB }\n    hooks: [open, close, error, drain]\n");
    ASSERT_NE(node_, nullptr);
    broker_ = v1::BrokerService::NewStub(
        grpc::CreateChannel(node_->control(), grpc::InsecureChannelCredentials()));
    slow_ = node_->Connect("/slow");
    ASSERT_NE(slow_, nullptr);
    ASSERT_EQ(slow_->ReceiveMessage()->payload, "open");
    slow_id_ = application_.WaitFor("open").peer_id;
    // The kernel shall keep less for it, so that there is less to fill. With much less than a
    // segment of the loopback, what is read later would come in drops.
    const int bytes = 128 * 1024;
    ASSERT_EQ(setsockopt(slow_->fd(), SOL_SOCKET, SO_RCVBUF, &bytes, sizeof bytes), 0);
  }

  void Publish(const std::string& topic, size_t filler) {
    v1::PublishRequest request;
    request.set_namespace_("ns");
    request.set_topic(topic);
    request.mutable_data()->set_text(std::to_string(published_++) + " " + topic + " " +
                                     std::string(filler, '.'));
    v1::PublishResponse response;
    grpc::ClientContext context;
    const grpc::Status status = broker_->Publish(&context, request, &response);
    ASSERT_TRUE(status.ok()) << status.error_message();
  }
  // Until the slow peer's queue is full, and stays so: a kernel may find room for more at first.
  void FillItsQueue(const std::string& cause) {
    double dropped = Dropped(cause);
    for (int full = 0; full < 5;) {
      ASSERT_LT(published_, 5'000);
      for (int i = 0; i < 32; ++i) Publish("bulk", 16 * 1024);
      const double now = Dropped(cause);
      full = now > dropped ? full + 1 : 0;
      dropped = now;
      if (cause == "slow_peer" && full > 0) return;
    }
  }
  void SendToIt(const std::string& text) {
    v1::SendRequest request;
    request.mutable_peers()->set_peer(slow_id_);
    request.mutable_data()->set_text(text);
    v1::SendResponse response;
    grpc::ClientContext context;
    const grpc::Status status = broker_->Send(&context, request, &response);
    ASSERT_TRUE(status.ok()) << status.error_message();
    ASSERT_EQ(response.matched(), 1);
  }
  uint64_t QueuedBytes() {
    v1::GetPeerRequest request;
    request.set_peer(slow_id_);
    v1::GetPeerResponse response;
    grpc::ClientContext context;
    const grpc::Status status = broker_->GetPeer(&context, request, &response);
    EXPECT_TRUE(status.ok()) << status.error_message();
    return response.peer().queued_bytes();
  }

  struct Seen {
    std::vector<int> numbers;
    std::map<std::string, int> last;  // of each topic
    uint16_t close_code = 0;
  };
  // What the slow peer finds up to its end, or up to a message with this text.
  Seen ReadUntil(const std::string& end) {
    Seen seen;
    while (true) {
      const auto received = slow_->ReceiveMessage();
      if (!received.ok()) {
        ADD_FAILURE() << received.status();
        return seen;
      }
      if (received->kind == Received::kClose) seen.close_code = received->close_code;
      if (received->kind != Received::kText || received->payload == end) return seen;
      std::istringstream words(received->payload);
      int number = -1;
      std::string topic;
      words >> number >> topic;
      seen.numbers.push_back(number);
      seen.last[topic] = number;
    }
  }

  static void ExpectPrefix(const std::vector<int>& numbers) {
    for (size_t i = 0; i < numbers.size(); ++i) ASSERT_EQ(numbers[i], static_cast<int>(i));
  }
  double Dropped(const std::string& cause) {
    return node_->Metric("hookcast_dropped_total{cause=\"" + cause + "\"}");
  }
  int Told(const std::string& hook) {
    int told = 0;
    for (const Entry& entry : application_.entries()) told += entry.hook == hook;
    return told;
  }

  ScriptedApplication application_;
  std::unique_ptr<NodeProcess> node_;
  std::unique_ptr<v1::BrokerService::Stub> broker_;
  std::unique_ptr<WebSocketClient> slow_;
  std::string slow_id_;
  int published_ = 0;
};

TEST_P(SlowPeerTest, OneStalledPeerAmongAThousandDelaysNobodyAndCostsAtMostItsLimit) {
  const std::string policy = GetParam();
  constexpr int kCrowd = 999, kRounds = 30;
  Start(policy);
  std::vector<std::unique_ptr<WebSocketClient>> crowd;
  for (int i = 0; i < kCrowd; ++i) {
    crowd.push_back(node_->Connect("/crowd"));
    ASSERT_NE(crowd.back(), nullptr);
  }
  ASSERT_TRUE(node_->MetricBecomes("hookcast_subscriptions", kCrowd + 2));
  const std::map<std::string, std::string> causes = {{"close", "slow_peer"},
                                                     {"drop_oldest", "slow_peer_oldest"},
                                                     {"conflate", "slow_peer_conflated"},
                                                     {"gap", "slow_peer_gap"}};
  FillItsQueue(causes.at(policy));
  ASSERT_FALSE(HasFatalFailure());
  const int decided = published_;

  for (int round = 0; round < kRounds; ++round) {
    const std::string expected = std::to_string(published_) + " news ";
    Publish("news", 5'000);
    for (auto& client : crowd) {
      const auto received = client->ReceiveMessage();
      ASSERT_TRUE(received.ok()) << received.status();
      ASSERT_THAT(received->payload, StartsWith(expected));
    }
    ASSERT_LE(QueuedBytes(), kLimit);
    ASSERT_LE(node_->Metric("hookcast_outbound_queued_bytes"), kLimit);
  }

  if (policy == "close") {
    const Seen seen = ReadUntil("");
    EXPECT_EQ(seen.close_code, 1013);
    ExpectPrefix(seen.numbers);
    EXPECT_LT(seen.numbers.size(), decided);
    EXPECT_EQ(Dropped("slow_peer") + Dropped("peer_closing"),
              published_ - static_cast<double>(seen.numbers.size()))
        << "all that it did not see is counted";
    ASSERT_TRUE(slow_->SendClose(1013).ok());
    EXPECT_EQ(application_.WaitFor("close").details.code(), 1013);
    EXPECT_EQ(Told("drain"), 0);
    return;
  }

  SendToIt("end");
  const Seen seen = ReadUntil("end");
  EXPECT_EQ(seen.close_code, 0) << "it stays";
  const auto missing = published_ - static_cast<double>(seen.numbers.size());
  EXPECT_GT(missing, 0);
  EXPECT_TRUE(node_->MetricBecomes("hookcast_peers_behind", 0));
  EXPECT_TRUE(node_->MetricBecomes("hookcast_hook_events_waiting", 0));
  EXPECT_GE(Told("drain"), 1);
  EXPECT_EQ(QueuedBytes(), 0);
  EXPECT_EQ(Dropped("slow_peer"), 0);
  EXPECT_EQ(Dropped("slow_peer_oldest") + Dropped("slow_peer_conflated") + Dropped("slow_peer_gap"),
            missing)
      << "each is counted";

  if (policy == "gap") {
    EXPECT_EQ(Dropped("slow_peer_gap"), missing);
    int told = 0, holes = 0, next = 0;
    for (const Entry& entry : application_.entries()) {
      if (entry.hook == "error") told += std::stoi(entry.text);
    }
    EXPECT_EQ(told, missing) << "every one was told of";
    for (const int number : seen.numbers) holes += std::exchange(next, number + 1) != number;
    EXPECT_LE(holes + (next == published_ ? 0 : 1), Told("error"));
  } else {
    EXPECT_TRUE(std::is_sorted(seen.numbers.begin(), seen.numbers.end()));
    EXPECT_EQ(seen.last.at("news"), published_ - 1) << "the newest";
    EXPECT_EQ(Told("error"), 0);
  }
  if (policy == "conflate") {
    EXPECT_EQ(seen.last.at("bulk"), decided - 1) << "also of a topic that is quiet now";
  }
  if (policy == "drop_oldest") {
    EXPECT_EQ(Dropped("slow_peer_oldest"), missing);
  }

  // And it is a peer like any other again.
  Publish("news", 10);
  EXPECT_THAT(slow_->ReceiveMessage()->payload, StartsWith(std::to_string(published_ - 1)));
}

INSTANTIATE_TEST_SUITE_P(Policies, SlowPeerTest,
                         ::testing::Values("close", "drop_oldest", "conflate", "gap"),
                         [](const auto& info) { return std::string(info.param); });

TEST_F(SlowPeerTest, B25APeerThatReadsAKilobyteASecondSeesAPrefixWithoutHolesAndThenItsEnd) {
  Start("close");
  const auto start = steady_clock::now();
  size_t read = 0;
  const auto read_what_is_due = [&] {
    const auto due =
        1'024 * static_cast<size_t>((steady_clock::now() - start) / seconds(1)) + 1'024;
    if (due > read && slow_->ReadAhead(due - read)) read = due;
  };
  const std::string condemned = "hookcast_dropped_total{cause=\"slow_peer\"}";
  while (node_->Metric(condemned) == 0) {
    ASSERT_LT(published_, 50'000);
    for (int i = 0; i < 100; ++i) Publish("bulk", 1'000);
    read_what_is_due();
  }
  const int decided = published_;
  const double counted = node_->Metric(condemned);
  for (int i = 0; i < 100; ++i) Publish("bulk", 1'000);
  EXPECT_EQ(node_->Metric(condemned), counted) << "decided once";

  const Seen seen = ReadUntil("");
  EXPECT_EQ(seen.close_code, 1013);
  ASSERT_FALSE(seen.numbers.empty());
  ExpectPrefix(seen.numbers);
  EXPECT_LT(seen.numbers.back(), decided - 1) << "what waited at the decision went with it";
  ASSERT_TRUE(slow_->SendClose(1013).ok());
  const Entry close = application_.WaitFor("close");
  EXPECT_EQ(close.details.code(), 1013);
  EXPECT_EQ(close.details.closed_by(), v1::CLOSED_BY_NODE);
  EXPECT_TRUE(node_->MetricBecomes("hookcast_peers", 0));
  EXPECT_TRUE(node_->MetricBecomes("hookcast_outbound_queued_bytes", 0));
}

TEST_F(SlowPeerTest, QueuedBytesCountWhatShortMessagesCostNotOnlyTheirBytes) {
  Start("drop_oldest");
  FillItsQueue("slow_peer_oldest");
  ASSERT_FALSE(HasFatalFailure());
  // Each of the large ones makes room for many, of a dozen bytes, which cost five times as much.
  for (int i = 0; i < 6'000; ++i) Publish("bulk", 0);
  const uint64_t queued = QueuedBytes();
  EXPECT_LE(queued, kLimit);
  EXPECT_GT(queued, kLimit / 2) << "as the limit counts it";
  SendToIt("end");
  const Seen seen = ReadUntil("end");
  EXPECT_EQ(seen.last.at("bulk"), published_ - 1);
  EXPECT_EQ(QueuedBytes(), 0);
}

}  // namespace
}  // namespace hookcast::testing
