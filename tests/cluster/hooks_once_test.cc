// CASES B20: an event of a peer is told once, by the node that holds the peer, however many nodes
// there are.

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <map>
#include <memory>
#include <string>

#include "absl/strings/str_cat.h"
#include "tests/cluster/cluster.h"
#include "tests/integration/scripted_application.h"

namespace hookcast::testing {
namespace {

using ::testing::ElementsAre;
using ::testing::Pair;

TEST(HooksOnce, ThreeNodesTellEachEventOnceAndAPublishReachesThemAll) {
  ScriptedApplication application;
  application.on_open = [](const v1::OpenRequest&, v1::HookReply* reply) {
    Subscribe(reply, "t");
    SendText(reply, "subscribed");
    return grpc::Status::OK;
  };
  application.on_message = [](const v1::MessageRequest& request, v1::HookReply* reply) {
    PublishText(reply, "t", request.data().text(), /*include_self=*/true);
    return grpc::Status::OK;
  };
  ASSERT_TRUE(application.Start());
  const auto cluster = Cluster::Start(
      3, absl::StrCat("routes: [{ path: /chat, application: \"", application.address(), "\" }]"));
  ASSERT_NE(cluster, nullptr);

  std::vector<std::unique_ptr<WebSocketClient>> clients;
  for (size_t n = 0; n < 3; ++n) {
    clients.push_back(cluster->node(n).Connect("/chat"));
    ASSERT_NE(clients.back(), nullptr);
    ASSERT_EQ(clients.back()->ReceiveMessage()->payload, "subscribed");
  }
  ASSERT_TRUE(clients[0]->SendText("hello").ok());
  for (const auto& client : clients) {
    const auto received = client->ReceiveMessage();
    ASSERT_TRUE(received.ok()) << received.status();
    EXPECT_EQ(received->payload, "hello");
  }
  ASSERT_TRUE(clients[0]->CloseHandshake().ok());
  application.WaitFor("close");

  std::map<std::string, int> told;
  for (const ScriptedApplication::Entry& entry : application.entries()) {
    EXPECT_EQ(entry.attempt, 1u) << entry.hook;
    ++told[entry.hook];
  }
  EXPECT_THAT(
      told, ElementsAre(Pair("close", 1), Pair("message", 1), Pair("open", 3), Pair("upgrade", 3)));
}

}  // namespace
}  // namespace hookcast::testing
