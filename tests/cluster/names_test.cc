// CASES B19: names of every length and with every character keep to themselves across nodes too.

#include <gmock/gmock.h>

#include <memory>
#include <string>
#include <vector>

#include "absl/strings/str_cat.h"
#include "tests/cluster/cluster_fixture.h"
#include "tests/integration/scripted_application.h"

namespace hookcast::testing {
namespace {

using ::testing::ElementsAre;

std::vector<std::string> Names() {
  std::vector<std::string> names;
  for (const size_t length : {0, 1, 7, 8, 9, 64, 255, 256, 1024}) {
    names.emplace_back(length, 'n');
  }
  // Each is the same as another in its first bytes.
  for (const size_t alike : {8, 64, 255, 1000}) {
    for (const char* last : {"a", "b"}) names.push_back(std::string(alike, 'n') + last);
  }
  for (const char* odd :
       {"{",   "}", "{n}", "%",     "%25",  "%7B", "*",  "n*",  "n?", "[n]",
        "n\\", " ", "n ",  "n\r\n", "\x7f", "N",   "/n", "/n/", "ü",  "n\xc3\xbc"}) {
    names.emplace_back(odd);
  }
  names.emplace_back(1, '\0');
  names.emplace_back("n\0", 2);
  names.emplace_back("n\0n", 3);
  return names;
}

TEST_F(ClusterTest, B19EachNameIsHeardByItsOwnClientsAtAnotherNodeAlone) {
  const std::vector<std::string> names = Names();
  ScriptedApplication application;
  application.on_upgrade = [&](const v1::UpgradeRequest& request, v1::UpgradeReply* reply) {
    const size_t i = std::stoul(request.request().query());
    reply->mutable_accept()->set_namespace_(names.at(i));
    return grpc::Status::OK;
  };
  application.on_open = [](const v1::OpenRequest&, v1::HookReply* reply) {
    Subscribe(reply, "t");
    SendText(reply, "subscribed");
    return grpc::Status::OK;
  };
  ASSERT_TRUE(application.Start());
  ASSERT_NO_FATAL_FAILURE(StartCluster(2, absl::StrCat("routes: [{ path: /by-hook, application: \"",
                                                       application.address(), "\" }]")));
  std::vector<std::unique_ptr<WebSocketClient>> clients;
  for (size_t i = 0; i < names.size(); ++i) {
    clients.push_back(node(1).Connect(absl::StrCat("/by-hook?", i)));
    ASSERT_NE(clients.back(), nullptr) << i;
    ASSERT_EQ(clients.back()->ReceiveMessage()->payload, "subscribed") << i;
  }
  for (size_t i = 0; i < names.size(); ++i) {
    calls(0).PublishText(names[i], "t", std::to_string(i));
    calls(0).PublishText(names[i], "t", "end");
  }
  for (size_t i = 0; i < names.size(); ++i) {
    std::vector<std::string> got;
    do {
      const auto received = clients[i]->ReceiveMessage();
      ASSERT_TRUE(received.ok()) << i << ": " << received.status();
      got.push_back(received->payload);
    } while (got.back() != "end");
    EXPECT_THAT(got, ElementsAre(std::to_string(i), "end")) << names[i];
  }
  // Each node lists all of them, whole.
  v1::ListNamespacesRequest request;
  request.set_limit(1000);
  const auto listed = Ask(0, &BrokerCalls::Stub::ListNamespaces, request);
  EXPECT_EQ(static_cast<size_t>(listed.namespaces_size()), names.size());
}

}  // namespace
}  // namespace hookcast::testing
