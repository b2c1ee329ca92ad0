// Clients that do not take part in the closing handshake: they cost the node its patience, which is
// bounded, and nothing else.

#include <gtest/gtest.h>
#include <signal.h>
#include <sys/socket.h>

#include <atomic>
#include <chrono>
#include <memory>
#include <string>
#include <thread>

#include "tests/integration/node_process.h"
#include "tests/integration/scripted_application.h"

namespace hookcast::testing {
namespace {

using std::chrono::milliseconds;
using std::chrono::seconds;
using std::chrono::steady_clock;
using Entry = ScriptedApplication::Entry;
using Received = WebSocketClient::Received;

constexpr milliseconds kCloseTimeout{1'000};
// Beyond the close timeout: a second for a client to end its side of TCP, and a slow machine.
constexpr milliseconds kSlack{5'000};

class UnclosingPeerTest : public ::testing::Test {
 protected:
  void SetUp() override {
    application_.on_message = [](const v1::MessageRequest& request, v1::HookReply* reply) {
      SendText(reply, request.text());
      return grpc::Status::OK;
    };
    ASSERT_TRUE(application_.Start());
    node_ = NodeProcess::Start(
        "shards: 2\nwebsocket: { close_timeout: 1s }\nroutes:\n"
        "  - { path: \"/{which}\", limits: { queue: 64MiB }, application: \"dns:///" +
        application_.address() + "\" }\n");
    ASSERT_NE(node_, nullptr);
  }
  void TearDown() override {
    stop_sending_ = true;
    if (sender_.joinable()) sender_.join();
  }

  // Reads, and never answers.
  void ConnectOneThatIgnoresClose() { ignoring_ = node_->Connect("/ignoring"); }

  // Sends messages on and on, whatever comes, and never a Close.
  void ConnectOneThatGoesOnSending() {
    sending_ = node_->Connect("/sending");
    sender_ = std::thread([this] {
      while (!stop_sending_ && sending_->SendText("on and on").ok()) {
        // It reads too, so that this is about what it sends alone.
        sending_->Receive(milliseconds(1)).status().IgnoreError();
      }
    });
  }

  // Its socket is full, and the node holds more for it.
  void ConnectOneThatStoppedReading() {
    stalled_ = node_->Connect("/stalled");
    const int bytes = 32 * 1024;
    ASSERT_EQ(setsockopt(stalled_->fd(), SOL_SOCKET, SO_RCVBUF, &bytes, sizeof bytes), 0);
    const std::string text(256 * 1024, 'x');
    const auto end = steady_clock::now() + seconds(20);
    // A kernel may still find room for the first that it did not take.
    while (node_->Metric("hookcast_outbound_queued_bytes") < 1'000'000) {
      ASSERT_LT(steady_clock::now(), end);
      ASSERT_TRUE(stalled_->SendText(text).ok());
    }
  }

  void ConnectAll() {
    ConnectOneThatIgnoresClose();
    ConnectOneThatGoesOnSending();
    ConnectOneThatStoppedReading();
    ASSERT_TRUE(node_->MetricBecomes("hookcast_peers", 3));
    // Each was opened, and the one that sends is heard.
    application_.WaitFor(
        [](const Entry& entry) { return entry.hook == "message" && entry.text == "on and on"; });
  }

  // One close hook for each peer, and what it says.
  void ExpectCloseHooks(uint16_t code, v1::ClosedBy by) {
    for (const char* which : {"/ignoring", "/sending", "/stalled"}) {
      SCOPED_TRACE(which);
      application_.WaitFor([&](const Entry& entry) {
        return entry.hook == "close" && entry.peer.namespace_() == which;
      });
      int closes = 0;
      for (const Entry& entry : application_.entries()) {
        if (entry.hook != "close" || entry.peer.namespace_() != which) continue;
        ++closes;
        EXPECT_EQ(entry.details.code(), code);
        EXPECT_EQ(entry.details.closed_by(), by);
        EXPECT_FALSE(entry.details.was_clean()) << "it never answered";
      }
      EXPECT_EQ(closes, 1);
    }
  }

  ScriptedApplication application_;
  std::unique_ptr<NodeProcess> node_;
  std::unique_ptr<WebSocketClient> ignoring_;
  std::unique_ptr<WebSocketClient> sending_;
  std::unique_ptr<WebSocketClient> stalled_;
  std::thread sender_;
  std::atomic<bool> stop_sending_ = false;
};

TEST_F(UnclosingPeerTest, B23EachThatIsKickedIsFreedInTimeAndToldOfOnce) {
  ConnectAll();
  ASSERT_FALSE(HasFatalFailure());
  const auto start = steady_clock::now();
  for (const std::string which : {"/ignoring", "/sending", "/stalled"}) {
    const CliResult kicked = RunCli({"--server", node_->control(), "close", "--namespace", which,
                                     "--code", "4001", "--reason", "kicked"});
    EXPECT_EQ(kicked.exit_code, 0) << kicked.output;
  }
  EXPECT_TRUE(node_->MetricBecomes("hookcast_connections", 0, kCloseTimeout + kSlack));
  EXPECT_GE(steady_clock::now() - start, kCloseTimeout) << "each had its time to answer";
  EXPECT_EQ(node_->Metric("hookcast_close_timeouts_total"), 3);
  EXPECT_TRUE(node_->MetricBecomes("hookcast_hook_events_waiting", 0));
  EXPECT_TRUE(node_->MetricBecomes("hookcast_outbound_queued_bytes", 0));
  ExpectCloseHooks(4001, v1::CLOSED_BY_APPLICATION);

  const auto told = ignoring_->ReceiveMessage();
  ASSERT_TRUE(told.ok()) << told.status();
  EXPECT_EQ(told->kind, Received::kClose) << "where the client reads, it is told";
  EXPECT_EQ(told->close_code, 4001);
  EXPECT_EQ(told->payload, "kicked");
}

TEST_F(UnclosingPeerTest, B23NoneOfThemHoldsUpAShutdown) {
  ConnectAll();
  ASSERT_FALSE(HasFatalFailure());
  node_->process().Signal(SIGTERM);
  const auto code = node_->process().WaitExit(kCloseTimeout + kSlack);
  ASSERT_TRUE(code.ok()) << code.status();
  EXPECT_EQ(*code, 0);
  ExpectCloseHooks(1012, v1::CLOSED_BY_NODE);
}

}  // namespace
}  // namespace hookcast::testing
