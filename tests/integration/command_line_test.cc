// An operator at a terminal: the hookcast CLI against a live node.

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <nlohmann/json.hpp>

#include "tests/integration/node_process.h"

namespace hookcast::testing {
namespace {

using ::testing::HasSubstr;
using Json = nlohmann::json;

class CommandLineTest : public ::testing::Test {
 protected:
  void SetUp() override {
    node_ = NodeProcess::Start(
        "shards: 2\nroutes:\n  - { path: \"/rooms/{room}\", static: { subscribe: [chat] } }\n");
    ASSERT_NE(node_, nullptr);
  }

  CliResult Cli(std::vector<std::string> arguments) {
    return RunCli(std::move(arguments), {{"HOOKCAST_SERVER", node_->control()}});
  }

  Json Peers(std::vector<std::string> filter = {}) {
    std::vector<std::string> arguments = {"peers", "--output", "json"};
    arguments.insert(arguments.end(), filter.begin(), filter.end());
    const CliResult result = Cli(arguments);
    EXPECT_EQ(result.exit_code, 0) << result.output;
    return Json::parse(result.output)["peers"];
  }

  std::unique_ptr<NodeProcess> node_;
};

TEST_F(CommandLineTest, PublishReachesTheRoomAndSaysSo) {
  auto ada = node_->Connect("/rooms/a");
  auto bob = node_->Connect("/rooms/a");
  auto eve = node_->Connect("/rooms/b");
  ASSERT_TRUE(node_->MetricBecomes("hookcast_subscriptions", 3));
  const CliResult result = Cli({"publish", "/rooms/a", "chat", "hello"});
  EXPECT_EQ(result.exit_code, 0);
  EXPECT_THAT(result.output, HasSubstr("2 peers"));
  EXPECT_EQ(ada->ReceiveMessage()->payload, "hello");
  EXPECT_EQ(bob->ReceiveMessage()->payload, "hello");
  ASSERT_EQ(Cli({"publish", "/rooms/b", "chat", "other"}).exit_code, 0);
  EXPECT_EQ(eve->ReceiveMessage()->payload, "other");
}

TEST_F(CommandLineTest, PeersAreListedAndOneIsShownSentToAndClosed) {
  auto ada = node_->Connect("/rooms/a?token=secret");
  auto eve = node_->Connect("/rooms/b");
  ASSERT_TRUE(node_->MetricBecomes("hookcast_subscriptions", 2));
  EXPECT_EQ(Peers().size(), 2u);
  const Json in_a = Peers({"--namespace", "/rooms/a"});
  ASSERT_EQ(in_a.size(), 1u);
  const std::string id = in_a[0]["peer"]["id"];

  const CliResult shown = Cli({"peer", id});
  EXPECT_EQ(shown.exit_code, 0);
  EXPECT_THAT(shown.output, HasSubstr("/rooms/a"));
  EXPECT_THAT(shown.output, HasSubstr("chat"));

  ASSERT_EQ(Cli({"send", id, "just you"}).exit_code, 0);
  EXPECT_EQ(ada->ReceiveMessage()->payload, "just you");
  ASSERT_EQ(Cli({"close", id, "--code", "4000", "--reason", "done"}).exit_code, 0);
  const auto close = ada->ReceiveMessage();
  EXPECT_EQ(close->close_code, 4000);
  EXPECT_EQ(close->payload, "done");
  ASSERT_TRUE(ada->SendClose(4000).ok());
  ASSERT_TRUE(node_->MetricBecomes("hookcast_peers", 1));

  const CliResult gone = Cli({"peer", id});
  EXPECT_EQ(gone.exit_code, 1);
  EXPECT_THAT(gone.output, HasSubstr(id));
}

TEST_F(CommandLineTest, PingAnswers) {
  const CliResult result = Cli({"ping"});
  EXPECT_EQ(result.exit_code, 0) << result.output;
}

TEST_F(CommandLineTest, MistakesAreToldWithTheirExitCodes) {
  EXPECT_EQ(Cli({"publish", "/rooms/a", "", "x"}).exit_code, 2);
  EXPECT_EQ(Cli({"publish", "/rooms/a"}).exit_code, 2);
  EXPECT_EQ(Cli({"publihs"}).exit_code, 2);
  EXPECT_EQ(Cli({"close", "no-such-peer"}).exit_code, 1);
  EXPECT_EQ(Cli({"publish", "/rooms/a", std::string(256, 't'), "x"}).exit_code, 2);
  EXPECT_EQ(Cli({"publish", "/rooms/a", "t", "x", "--exclude", "nobody"}).exit_code, 1);
  const CliResult unreachable = RunCli({"--server", "127.0.0.1:1", "ping"});
  EXPECT_EQ(unreachable.exit_code, 3);
  EXPECT_THAT(unreachable.output, HasSubstr("127.0.0.1:1"));
  EXPECT_THAT(unreachable.output, HasSubstr("--server"));
}

}  // namespace
}  // namespace hookcast::testing
