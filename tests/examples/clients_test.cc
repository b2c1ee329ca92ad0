// The chat with clients that others wrote: tests/clients has what they do.

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <string>
#include <tuple>

#include "absl/strings/str_cat.h"
#include "tests/examples/chat_process.h"
#include "tests/integration/node_process.h"

namespace hookcast::testing {
namespace {

// The client's script, and the route's compression.
class ClientsTest : public ::testing::TestWithParam<std::tuple<std::string, bool>> {};

TEST_P(ClientsTest, TalkInTheChat) {
  const auto& [script, compressed] = GetParam();
  auto chat = ChatProcess::Start("cpp", {"--node", "ws://node.example"});
  ASSERT_NE(chat, nullptr);
  auto node = NodeProcess::Start(
      absl::StrCat("routes:\n  - path: \"/rooms/{room}\"\n    application: \"dns:///",
                   chat->hooks(), "\"\n", compressed ? "    compression: { mode: always }\n" : ""));
  ASSERT_NE(node, nullptr);
  auto client = ChildProcess::Start({absl::StrCat(HOOKCAST_SOURCE_DIR "/tests/clients/", script),
                                     absl::StrCat("ws://", node->clients()),
                                     compressed ? "permessage-deflate" : ""});
  ASSERT_TRUE(client.ok()) << client.status();
  const auto exit_code = (*client)->WaitExit(std::chrono::seconds(60));
  EXPECT_TRUE(exit_code.ok()) << exit_code.status();
  EXPECT_THAT((*client)->output(), ::testing::HasSubstr("all was as it should be"))
      << "scripts/install-packages clients brings what it needs";
}

INSTANTIATE_TEST_SUITE_P(Of, ClientsTest,
                         ::testing::Combine(::testing::Values("ws_chat.mjs", "websockets_chat.py"),
                                            ::testing::Bool()),
                         [](const auto& info) {
                           const std::string script = std::get<0>(info.param);
                           return script.substr(0, script.find('_')) +
                                  (std::get<1>(info.param) ? "Compressed" : "");
                         });

}  // namespace
}  // namespace hookcast::testing
