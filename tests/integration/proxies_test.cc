// Whose word on a client's address is taken, as applications and operators see it.

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <memory>
#include <string>

#include "tests/integration/node_process.h"
#include "tests/integration/scripted_application.h"

namespace hookcast::testing {
namespace {

using ::testing::HasSubstr;
using ::testing::Not;
using ::testing::StartsWith;
using Entry = ScriptedApplication::Entry;

class ProxiesTest : public ::testing::Test {
 protected:
  void SetUp() override { ASSERT_TRUE(application_.Start()); }

  void StartNode(const std::string& proxies, const std::string& limits = "") {
    node_ = NodeProcess::Start("shards: 2\nproxies: { " + proxies +
                               " }\nroutes:\n  - { path: /r, limits: { " + limits +
                               " }, application: \"dns:///" + application_.address() + "\" }\n");
    ASSERT_NE(node_, nullptr);
  }

  // A client behind a proxy at that address, which sends these headers.
  std::unique_ptr<WebSocketClient> Connect(const std::string& from, HttpHeaders headers) {
    WebSocketClient::Options options;
    options.headers = std::move(headers);
    options.source_address = from;
    return node_->Connect("/r", options);
  }
  // The hook of the client that connected last.
  Entry Last(const std::string& hook) {
    application_.WaitFor("open");
    Entry last;
    for (const Entry& entry : application_.entries()) {
      if (entry.hook == hook) last = entry;
    }
    return last;
  }

  ScriptedApplication application_;
  std::unique_ptr<NodeProcess> node_;
};

TEST_F(ProxiesTest, BehindATrustedProxyHooksAndControlSeeTheClient) {
  StartNode("trusted: [127.0.0.2]");
  auto client = Connect(
      "127.0.0.2", {{"X-Forwarded-For", "6.6.6.6, 203.0.113.9"}, {"X-Forwarded-Proto", "https"}});
  ASSERT_NE(client, nullptr);
  EXPECT_EQ(Last("upgrade").request.remote_address(), "203.0.113.9");
  EXPECT_TRUE(Last("upgrade").request.has_tls());
  EXPECT_EQ(Last("open").peer.remote_address(), "203.0.113.9");
  const CliResult peers = RunCli({"--server", node_->control(), "peers"});
  EXPECT_EQ(peers.exit_code, 0);
  EXPECT_THAT(peers.output, HasSubstr("203.0.113.9"));
  EXPECT_THAT(peers.output, Not(HasSubstr("6.6.6.6")));
}

TEST_F(ProxiesTest, WhoIsNoTrustedProxyMakesUpNothing) {
  StartNode("trusted: [127.0.0.2]");
  auto client =
      Connect("127.0.0.3", {{"X-Forwarded-For", "203.0.113.9"}, {"X-Forwarded-Proto", "https"}});
  ASSERT_NE(client, nullptr);
  EXPECT_THAT(Last("upgrade").request.remote_address(), StartsWith("127.0.0.3:"));
  EXPECT_FALSE(Last("upgrade").request.has_tls());
}

TEST_F(ProxiesTest, ForwardedAndANumberOfProxiesWorkAsWell) {
  StartNode("hops: 2, header: forwarded");
  auto client = Connect("127.0.0.3", {{"Forwarded", "for=6.6.6.6;proto=https"},
                                      {"Forwarded", "for=\"[2001:db8::9]:4711\";proto=https"},
                                      {"Forwarded", "for=10.0.0.7;proto=http"}});
  ASSERT_NE(client, nullptr);
  EXPECT_EQ(Last("upgrade").request.remote_address(), "[2001:db8::9]:4711");
  EXPECT_TRUE(Last("upgrade").request.has_tls());
}

TEST_F(ProxiesTest, LimitsOfAnAddressAreThoseOfTheClientBehindTheProxy) {
  StartNode("trusted: [127.0.0.0/8]", "connections_per_address: 1");
  auto first = Connect("127.0.0.2", {{"X-Forwarded-For", "203.0.113.1"}});
  auto second = Connect("127.0.0.2", {{"X-Forwarded-For", "203.0.113.2"}});
  WebSocketClient::Options options;
  options.headers = {{"X-Forwarded-For", "198.51.100.77, 203.0.113.2"}};
  const auto third = WebSocketClient::TryUpgrade(node_->clients(), "/r", options);
  ASSERT_TRUE(third.ok()) << third.status();
  EXPECT_EQ(third->status, 429) << "whatever it writes in front of what the proxy adds";
}

}  // namespace
}  // namespace hookcast::testing
