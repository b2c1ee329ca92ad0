// Two people in one room of the example chat, and one in another. Each chat says the same, in
// whatever language it is written and however its hooks travel.

#include <gmock/gmock.h>
#include <gtest/gtest.h>
#include <signal.h>

#include <nlohmann/json.hpp>
#include <string>
#include <tuple>

#include "absl/strings/match.h"
#include "absl/strings/str_cat.h"
#include "tests/examples/chat_process.h"
#include "tests/integration/client/http_client.h"
#include "tests/integration/node_process.h"

namespace hookcast::testing {
namespace {

using nlohmann::json;
using ::testing::HasSubstr;

json Next(WebSocketClient& client) {
  const auto received = client.ReceiveMessage();
  if (!received.ok()) {
    ADD_FAILURE() << received.status();
    return {};
  }
  EXPECT_EQ(received->kind, WebSocketClient::Received::kText);
  return json::parse(received->payload, nullptr, /*allow_exceptions=*/false);
}

json System(const std::string& text) { return {{"system", text}}; }
json Said(const std::string& user, const std::string& text) {
  return {{"user", user}, {"text", text}};
}

// The chat's language, and how its hooks travel: "session" or "unary".
class ChatTest : public ::testing::TestWithParam<std::tuple<std::string, std::string>> {
 protected:
  bool streams() const { return std::get<1>(GetParam()) == "session"; }

  void SetUp() override {
    std::vector<std::string> flags = {"--node", "ws://node.example"};
    if (!streams()) flags.push_back("--unary");
    chat_ = ChatProcess::Start(std::get<0>(GetParam()), flags);
    ASSERT_NE(chat_, nullptr);
    node_ = NodeProcess::Start(
        absl::StrCat("shards: 2\nroutes:\n  - { path: \"/rooms/{room}\", application: \"dns:///",
                     chat_->hooks(), "\" }\n"));
    ASSERT_NE(node_, nullptr);
  }

  std::unique_ptr<ChatProcess> chat_;
  std::unique_ptr<NodeProcess> node_;
};

TEST_P(ChatTest, ThoseInARoomHearEachOtherAndNobodyElseDoes) {
  auto ada = node_->Connect("/rooms/a?name=Ada%20L");
  EXPECT_EQ(Next(*ada), System("Welcome, Ada L!"));
  auto bob = node_->Connect("/rooms/a?name=Bob");
  EXPECT_EQ(Next(*bob), System("Welcome, Bob!"));
  EXPECT_EQ(Next(*ada), System("Bob joined"));
  auto eve = node_->Connect("/rooms/b?name=Eve");
  EXPECT_EQ(Next(*eve), System("Welcome, Eve!"));

  const std::string text = "\xC3\xA4\xE2\x82\xAC\xF0\x9F\x98\x80 \"quoted\" <b>\\ \n";
  ASSERT_TRUE(ada->SendText(text).ok());
  EXPECT_EQ(Next(*ada), Said("You", text));
  EXPECT_EQ(Next(*bob), Said("Ada L", text));
  ASSERT_TRUE(bob->SendText("").ok());
  EXPECT_EQ(Next(*bob), Said("You", ""));
  EXPECT_EQ(Next(*ada), Said("Bob", ""));
  ASSERT_TRUE(bob->SendBinary("\x01\x02").ok());
  EXPECT_EQ(Next(*bob), System("Only text is understood here."));
  // Had anything crossed to /rooms/b, it would come before this answer.
  ASSERT_TRUE(eve->SendText("anyone?").ok());
  EXPECT_EQ(Next(*eve), Said("You", "anyone?"));

  ASSERT_TRUE(bob->CloseHandshake(1000).ok());
  EXPECT_EQ(Next(*ada), System("Bob left"));

  if (streams()) {
    EXPECT_GT(node_->Metric("hookcast_hook_streams"), 0);
  } else {
    EXPECT_EQ(node_->Metric("hookcast_hook_streams"), 0);
  }
  EXPECT_EQ(node_->Metric("hookcast_hook_streams_lost_total"), 0);
  EXPECT_EQ(node_->Metric("hookcast_dropped_total{cause=\"action\"}"), 0);
  EXPECT_EQ(node_->Metric("hookcast_hook_results_total{result=\"failed\"}"), 0);
}

TEST_P(ChatTest, NamesAreReadFromTheQueryAndLeftOutOnesMadeUp) {
  const std::string longest(64, 'x');
  const std::pair<std::string, std::string> cases[] = {
      {"?x=1&name=Ada=B&name=C", "Ada=B"},
      {"?name=A+B%2BC%zz%4", "A B+C%zz%4"},
      {"?name=%c3%A4", "\xC3\xA4"},
      {"?name=" + longest, longest},
  };
  for (const auto& [query, name] : cases) {
    auto client = node_->Connect("/rooms/a" + query);
    ASSERT_NE(client, nullptr) << query;
    EXPECT_EQ(Next(*client), System("Welcome, " + name + "!")) << query;
  }
  for (const std::string query : {"", "?name", "?name=", "?names=x"}) {
    auto client = node_->Connect("/rooms/b" + query);
    ASSERT_NE(client, nullptr) << query;
    EXPECT_THAT(Next(*client)["system"].get<std::string>(),
                ::testing::MatchesRegex("Welcome, guest-[0-9a-zA-Z]+!"))
        << query;
  }
}

TEST_P(ChatTest, NamesThatCannotBeShownAreRefused) {
  for (const std::string name :
       {"%00", "a%1F", "%ff", "%C3", "%ED%A0%80", "%c2%85", "%e2%80%A8",
        "12345678901234567890123456789012345678901234567890123456789012345"}) {
    const auto response = WebSocketClient::TryUpgrade(node_->clients(), "/rooms/a?name=" + name);
    ASSERT_TRUE(response.ok()) << response.status();
    EXPECT_EQ(response->status, 400) << name;
    EXPECT_EQ(response->body, "name must be printable UTF-8 of at most 64 bytes\n") << name;
  }
}

TEST_P(ChatTest, ALongMessageIsAnsweredWhole) {
  auto ada = node_->Connect("/rooms/a?name=Ada");
  EXPECT_EQ(Next(*ada), System("Welcome, Ada!"));
  // Its event is larger than a stream takes, so it travels by a call of its own either way.
  const std::string text(1 << 20, 'x');
  ASSERT_TRUE(ada->SendText(text).ok());
  EXPECT_EQ(Next(*ada), Said("You", text));
  const std::string half(1 << 19, 'y');
  ASSERT_TRUE(ada->SendText(half).ok());
  EXPECT_EQ(Next(*ada), Said("You", half));
}

TEST_P(ChatTest, ThePageNamesTheNode) {
  const auto page = HttpGet(chat_->page(), "/?room=lobby");
  ASSERT_TRUE(page.ok()) << page.status();
  EXPECT_EQ(page->status, 200);
  EXPECT_EQ(page->header("content-type"), "text/html; charset=utf-8");
  EXPECT_THAT(page->header("content-security-policy"), HasSubstr("default-src 'none'"));
  EXPECT_THAT(page->body, HasSubstr("name=\"hookcast-node\" content=\"ws://node.example\""));
  EXPECT_EQ(HttpGet(chat_->page(), "/other")->status, 404);
}

TEST_P(ChatTest, ASignalEndsItWhileTheNodeStays) {
  auto ada = node_->Connect("/rooms/a?name=Ada");
  EXPECT_EQ(Next(*ada), System("Welcome, Ada!"));
  chat_->process().Signal(SIGTERM);
  const auto code = chat_->process().WaitExit();
  ASSERT_TRUE(code.ok()) << code.status();
  EXPECT_EQ(*code, 0) << chat_->process().output();
  EXPECT_FALSE(absl::StrContains(chat_->process().output(), "rror")) << chat_->process().output();
}

INSTANTIATE_TEST_SUITE_P(Examples, ChatTest,
                         ::testing::Combine(::testing::Values("cpp", "node", "python"),
                                            ::testing::Values("session", "unary")),
                         [](const auto& info) {
                           return std::get<0>(info.param) + "_" + std::get<1>(info.param);
                         });

}  // namespace
}  // namespace hookcast::testing
