// The feed of examples/sse-feed: nothing but POST, and yet nothing lost or doubled. Its page is
// tested by a browser, in tests/e2e.

#include <gmock/gmock.h>
#include <gtest/gtest.h>
#include <signal.h>
#include <unistd.h>

#include <fstream>
#include <memory>
#include <nlohmann/json.hpp>
#include <string>
#include <utility>
#include <vector>

#include "absl/strings/str_cat.h"
#include "absl/strings/strip.h"
#include "tests/integration/client/http_client.h"
#include "tests/integration/node_process.h"

namespace hookcast::testing {
namespace {

using nlohmann::json;
using ::testing::HasSubstr;
using ::testing::Not;

class FeedTest : public ::testing::Test {
 protected:
  void StartNode() {
    node_ = NodeProcess::Start(
        "shards: 1\n"
        "routes:\n"
        "  - { path: /feed, transports: [websocket, sse], static: { subscribe: [feed] } }\n");
    ASSERT_NE(node_, nullptr);
  }

  // The feed, which has said where its page is.
  void StartFeed(const std::string& control, std::vector<std::string> flags = {}) {
    std::vector<std::string> command = {HOOKCAST_SOURCE_DIR "/examples/sse-feed/feed.py", "--page",
                                        "127.0.0.1:0", "--control",
                                        absl::StrCat("http://", control)};
    command.insert(command.end(), flags.begin(), flags.end());
    auto started = ChildProcess::Start(command);
    ASSERT_TRUE(started.ok()) << started.status();
    feed_ = *std::move(started);
    const auto line = feed_->WaitForLine("page on ", std::chrono::seconds(60));
    ASSERT_TRUE(line.ok()) << line.status();
    page_ = std::string(absl::StripSuffix(absl::StripPrefix(*line, "page on http://"), "/"));
  }

  int EndFeed() {
    feed_->Signal(SIGTERM);
    return feed_->WaitExit().value_or(-1);
  }

  // The number of the next event that the client gets.
  static int NextNumber(WebSocketClient& client) {
    const auto received = client.ReceiveMessage();
    if (!received.ok()) {
      ADD_FAILURE() << received.status();
      return -1;
    }
    return json::parse(received->payload).value("n", -1);
  }

  std::unique_ptr<NodeProcess> node_;
  std::unique_ptr<ChildProcess> feed_;
  std::string page_;
};

TEST_F(FeedTest, ANodeThatStallsCostsTheFeedNothing) {
  ASSERT_NO_FATAL_FAILURE(StartNode());
  auto client = node_->Connect("/feed");
  ASSERT_NE(client, nullptr);
  ASSERT_NO_FATAL_FAILURE(StartFeed(node_->admin(), {"--rate", "200"}));
  for (int n = 1; n <= 20; ++n) ASSERT_EQ(NextNumber(*client), n);

  node_->process().Signal(SIGSTOP);
  ASSERT_TRUE(feed_->WaitForLine("the node does not answer (").ok());
  node_->process().Signal(SIGCONT);
  ASSERT_TRUE(feed_->WaitForLine("the node answers again").ok());
  // The event that was on its way was published again, under its key.
  for (int n = 21; n <= 60; ++n) ASSERT_EQ(NextNumber(*client), n);
  EXPECT_EQ(EndFeed(), 0);
}

TEST_F(FeedTest, WithoutANodeItSaysSoInOneLineAndEndsWithASignal) {
  ASSERT_NO_FATAL_FAILURE(StartFeed("127.0.0.1:1"));
  ASSERT_TRUE(feed_->WaitForLine("the node does not answer (").ok());
  EXPECT_EQ(EndFeed(), 0);
  EXPECT_THAT(feed_->output(), Not(HasSubstr("Traceback")));
  EXPECT_EQ(feed_->line_count(), 2u) << feed_->output();
}

TEST_F(FeedTest, ANodeThatRefusesItEndsItWithTheNodesWords) {
  const std::string path = absl::StrCat(::testing::TempDir(), "feed-token-", getpid());
  { std::ofstream(path) << "0123456789abcdef0123456789abcdef\n"; }
  node_ = NodeProcess::Start(
      absl::StrCat("auth: { tokens: [{ file: \"", path,
                   "\", scopes: [publish, manage] }] }\n"
                   "routes:\n  - { path: /feed, static: { subscribe: [feed] } }\n"));
  ASSERT_NE(node_, nullptr);
  ASSERT_NO_FATAL_FAILURE(StartFeed(node_->admin()));
  EXPECT_EQ(feed_->WaitExit().value_or(-1), 1);
  EXPECT_THAT(feed_->output(), HasSubstr("the node refuses what is published: 401"));
  EXPECT_THAT(feed_->output(), Not(HasSubstr("Traceback")));

  auto client = node_->Connect("/feed");
  ASSERT_NE(client, nullptr);
  ASSERT_NO_FATAL_FAILURE(StartFeed(node_->admin(), {"--token-file", path}));
  EXPECT_GT(NextNumber(*client), 0);
  EXPECT_EQ(EndFeed(), 0);
  unlink(path.c_str());
}

TEST_F(FeedTest, ThePagesButtonCutsThatPeerAlone) {
  ASSERT_NO_FATAL_FAILURE(StartNode());
  ASSERT_NO_FATAL_FAILURE(StartFeed(node_->admin()));
  const auto cut = [&](const std::string& body, const std::string& type = "application/json") {
    return HttpRequest(page_, "POST", "/cut", {{"Content-Type", type}}, body);
  };
  EXPECT_THAT(HttpGet(page_, "/")->body, HasSubstr("EventSource"));
  const auto unknown = cut(R"({"peer": "nobody"})");
  EXPECT_EQ(unknown->status, 502);
  EXPECT_THAT(unknown->body, HasSubstr("there is no peer"));
  EXPECT_EQ(cut("not JSON")->status, 400);
  EXPECT_EQ(cut(R"(["peer"])")->status, 400);
  // What a page of another origin could send without asking.
  EXPECT_EQ(cut(R"({"peer": "nobody"})", "text/plain")->status, 404);

  auto stays = node_->Connect("/feed");
  auto goes = node_->Connect("/feed");
  ASSERT_NE(goes, nullptr);
  const auto peers = HttpRequest(node_->admin(), "POST", "/hookcast.v1.BrokerService/ListPeers",
                                 {{"Content-Type", "application/json"}}, "{}");
  const json listed = json::parse(peers->body)["peers"];
  ASSERT_EQ(listed.size(), 2u) << peers->body;
  const std::string id = listed[1]["peer"]["id"];
  EXPECT_EQ(cut(json{{"peer", id}}.dump())->status, 200);
  using Received = WebSocketClient::Received;
  auto end = goes->ReceiveMessage();
  while (end.ok() && end->kind == Received::kText) end = goes->ReceiveMessage();
  ASSERT_TRUE(end.ok()) << end.status();
  EXPECT_TRUE(end->kind == Received::kEof || end->kind == Received::kReset) << end->kind;
  EXPECT_GT(NextNumber(*stays), 0);
}

}  // namespace
}  // namespace hookcast::testing
