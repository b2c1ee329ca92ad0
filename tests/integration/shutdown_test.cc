// A node that is told to stop says good-bye.

#include <gmock/gmock.h>
#include <gtest/gtest.h>
#include <signal.h>

#include <future>
#include <utility>

#include "tests/integration/node_process.h"
#include "tests/integration/scripted_application.h"

namespace hookcast::testing {
namespace {

using ::testing::HasSubstr;

TEST(ShutdownTest, PeersAreClosedWith1012AndTheirCloseHooksTold) {
  ScriptedApplication application;
  ASSERT_TRUE(application.Start());
  auto node = NodeProcess::Start("routes:\n  - { path: /a, application: \"dns:///" +
                                 application.address() + "\" }\n");
  ASSERT_NE(node, nullptr);
  std::vector<std::unique_ptr<WebSocketClient>> clients;
  for (int i = 0; i < 20; ++i) clients.push_back(node->Connect("/a"));
  application.WaitFor("open");
  node->process().Signal(SIGTERM);
  for (auto& client : clients) {
    const auto received = client->ReceiveMessage();
    ASSERT_TRUE(received.ok()) << received.status();
    EXPECT_EQ(received->close_code, 1012);
    client->SendClose(1012).IgnoreError();
  }
  const auto code = node->process().WaitExit();
  ASSERT_TRUE(code.ok()) << code.status();
  EXPECT_EQ(*code, 0);
  int closes = 0;
  for (const auto& entry : application.entries()) {
    if (entry.hook != "close") continue;
    ++closes;
    EXPECT_EQ(entry.details.code(), 1012);
    EXPECT_EQ(entry.details.closed_by(), v1::CLOSED_BY_NODE);
  }
  EXPECT_EQ(closes, 20);
}

TEST(ShutdownTest, AnApplicationThatHangsDoesNotHoldItUp) {
  ScriptedApplication application;
  std::promise<void> release;
  const std::shared_future<void> released = release.get_future().share();
  application.on_close = [released](const v1::CloseRequest&, v1::HookReply*) {
    released.wait();
    return grpc::Status::OK;
  };
  ASSERT_TRUE(application.Start());
  auto node = NodeProcess::Start(
      "shutdown: { timeout: 500ms }\nroutes:\n"
      "  - { path: /a, application: \"dns:///" +
      application.address() + "\" }\n");
  ASSERT_NE(node, nullptr);
  auto client = node->Connect("/a");
  application.WaitFor("open");
  node->process().Signal(SIGTERM);
  const auto code = node->process().WaitExit(std::chrono::seconds(8));
  release.set_value();
  ASSERT_TRUE(code.ok()) << code.status();
  EXPECT_EQ(*code, 0);
}

TEST(ShutdownTest, ASecondSignalEndsItAtOnceAndTheLogSaysSo) {
  auto node = NodeProcess::Start(
      "shutdown: { timeout: 60s, drain: 60s }\n"
      "routes:\n  - { path: /a, static: { on_message: ignore } }\n");
  ASSERT_NE(node, nullptr);
  auto client = node->Connect("/a");  // which does not answer its Close
  ASSERT_NE(client, nullptr);
  node->process().Signal(SIGINT);
  ASSERT_TRUE(node->process().WaitForLine("\"shutting down\"").ok());
  node->process().Signal(SIGTERM);
  EXPECT_EQ(node->process().WaitExit().value_or(-1), 128 + SIGTERM);
  EXPECT_THAT(node->process().output(), HasSubstr("\"a second signal: ending at once\""));
}

TEST(ShutdownTest, SignalsThatTellItNothingAreToldInTheLogAndEndNothing) {
  auto node = NodeProcess::Start("shards: 1\n");
  ASSERT_NE(node, nullptr);
  for (const auto& [signal, told] :
       {std::pair(SIGHUP, "SIGHUP is ignored: the configuration is read at the start"),
        std::pair(SIGUSR1, "\"signal\":\"User defined signal 1\""),
        std::pair(SIGUSR2, "\"signal\":\"User defined signal 2\"")}) {
    node->process().Signal(signal);
    const auto line = node->process().WaitForLine(told);
    ASSERT_TRUE(line.ok()) << line.status();
    EXPECT_THAT(*line, HasSubstr("\"level\":\"warn\""));
  }
  node->process().Signal(SIGTERM);
  ASSERT_TRUE(node->process().WaitExit().ok());
  EXPECT_EQ(node->process().WaitExit().value_or(-1), 0);
}

}  // namespace
}  // namespace hookcast::testing
