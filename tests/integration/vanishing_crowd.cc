#include "tests/integration/vanishing_crowd.h"

#include <grpcpp/grpcpp.h>
#include <gtest/gtest.h>
#include <signal.h>

#include <algorithm>
#include <atomic>
#include <condition_variable>
#include <mutex>
#include <set>
#include <string>
#include <thread>

#include "hookcast/v1/broker.grpc.pb.h"
#include "tests/integration/node_process.h"
#include "tests/integration/scripted_application.h"

namespace hookcast::testing {
namespace {

using std::chrono::seconds;

constexpr int kMaxInFlight = 100;

// Holds close hooks until it is told to let go, and knows the most it held at once.
class CloseGate {
 public:
  void Enter() {
    std::unique_lock lock(mutex_);
    most_ = std::max(most_, ++held_);
    changed_.notify_all();
    changed_.wait(lock, [this] { return open_; });
    --held_;
  }
  void SetOpen(bool open) {
    const std::lock_guard lock(mutex_);
    open_ = open;
    changed_.notify_all();
  }
  bool AwaitHeld(int count) {
    std::unique_lock lock(mutex_);
    return changed_.wait_for(lock, seconds(30), [&] { return held_ >= count; });
  }
  int most() {
    const std::lock_guard lock(mutex_);
    return most_;
  }

 private:
  std::mutex mutex_;
  std::condition_variable changed_;
  bool open_ = false;
  int held_ = 0;
  int most_ = 0;
};

// Publishes without a pause until it is destroyed.
class Publisher {
 public:
  explicit Publisher(const std::string& address)
      : broker_(v1::BrokerService::NewStub(
            grpc::CreateChannel(address, grpc::InsecureChannelCredentials()))),
        thread_([this] { Run(); }) {}
  ~Publisher() {
    stopped_ = true;
    thread_.join();
  }

 private:
  void Run() {
    v1::PublishRequest request;
    request.set_namespace_("/crowd");
    request.set_topic("t");
    request.mutable_data()->set_text(std::string(500, 'x'));
    while (!stopped_) {
      v1::PublishResponse response;
      grpc::ClientContext context;
      const grpc::Status status = broker_->Publish(&context, request, &response);
      EXPECT_TRUE(status.ok()) << status.error_message();
    }
  }

  const std::unique_ptr<v1::BrokerService::Stub> broker_;
  std::atomic<bool> stopped_ = false;
  std::thread thread_;
};

}  // namespace

void CrowdVanishes(int clients, int rounds, bool session) {
  CloseGate gate;
  ScriptedApplication application;
  application.session = session;
  application.on_open = [](const v1::OpenRequest&, v1::HookReply* reply) {
    Subscribe(reply, "t");
    return grpc::Status::OK;
  };
  application.on_close = [&gate](const v1::CloseRequest&, v1::HookReply*) {
    gate.Enter();
    return grpc::Status::OK;
  };
  ASSERT_TRUE(application.Start());
  const std::string target = "dns:///" + application.address();
  const std::string labels = "{application=\"" + target + "\"}";
  auto node =
      NodeProcess::Start("shards: 2\nroutes:\n  - path: /crowd\n    application: \"" + target +
                         "\"\n    hooks: [open, close]\n    slow_peer: drop_oldest\n"
                         "    deadlines: { open: 1m, close: 2m }\n    max_in_flight: " +
                         std::to_string(kMaxInFlight) + "\n");
  ASSERT_NE(node, nullptr);

  for (int round = 0; round < rounds && !::testing::Test::HasFailure(); ++round) {
    SCOPED_TRACE(round);
    gate.SetOpen(false);
    auto crowd = ChildProcess::Start(
        {HOOKCAST_TEST_CROWD, node->clients(), "/crowd", std::to_string(clients)});
    ASSERT_TRUE(crowd.ok()) << crowd.status();
    const auto connected = (*crowd)->WaitForLine("connected", seconds(60));
    ASSERT_TRUE(connected.ok()) << connected.status();
    ASSERT_TRUE(node->MetricBecomes("hookcast_subscriptions", clients, seconds(60)));
    {
      const Publisher publisher(node->control());
      const double delivered = node->Metric("hookcast_delivered_total");
      ASSERT_TRUE(
          node->MetricReaches("hookcast_delivered_total", delivered + 20.0 * clients, seconds(60)));
      (*crowd)->Signal(SIGKILL);
      EXPECT_TRUE(node->MetricBecomes("hookcast_peers", 0, seconds(30)));
      EXPECT_TRUE(node->MetricBecomes("hookcast_connections", 0, seconds(30)));
      // All of them have a close hook to send, and none of those is answered: the rest stands in
      // line.
      EXPECT_TRUE(gate.AwaitHeld(std::min(clients, kMaxInFlight)));
    }
    const double owed = node->Metric("hookcast_application_hooks_in_flight" + labels);
    EXPECT_LE(owed, kMaxInFlight);
    EXPECT_EQ(node->Metric("hookcast_application_hooks_waiting" + labels), clients - owed);
    EXPECT_EQ(node->Metric("hookcast_hook_events_waiting"), clients);
    gate.SetOpen(true);
    EXPECT_TRUE(node->MetricBecomes("hookcast_hook_events_waiting", 0, seconds(60)));
    EXPECT_LE(gate.most(), kMaxInFlight) << "close hooks at once";
  }

  std::set<std::string> opened, closed;
  for (const auto& entry : application.entries()) {
    if (entry.hook == "open") opened.insert(entry.peer_id);
    if (entry.hook != "close") continue;
    closed.insert(entry.peer_id);
    EXPECT_EQ(entry.details.code(), 1006);
  }
  EXPECT_EQ(opened.size(), static_cast<size_t>(clients * rounds));
  EXPECT_EQ(closed, opened);
  EXPECT_EQ(node->Metric("hookcast_outbound_queued_bytes"), 0);
  EXPECT_EQ(node->Metric("hookcast_peers_behind"), 0);
  node->process().Signal(SIGTERM);
  const auto exit_code = node->process().WaitExit(seconds(30));
  ASSERT_TRUE(exit_code.ok()) << exit_code.status();
  EXPECT_EQ(*exit_code, 0) << node->process().output();
}

}  // namespace hookcast::testing
