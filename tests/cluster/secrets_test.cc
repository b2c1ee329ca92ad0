// CASES B14: no password and no token is in anything that a node or the CLI says, whatever its
// characters and however it is written.

#include <gmock/gmock.h>

#include <memory>
#include <string>
#include <string_view>

#include "absl/strings/str_cat.h"
#include "tests/cluster/cluster_fixture.h"
#include "tests/integration/client/http_client.h"

namespace hookcast::testing {
namespace {

using std::chrono::seconds;
using ::testing::HasSubstr;
using ::testing::Not;

constexpr char kPassword[] = "p@ss:w/rd%?#[x]";
constexpr char kInUrl[] = "p%40ss%3Aw%2Frd%25%3F%23%5Bx%5D";
// Parts of it that stand in either form, so that a half is found too.
constexpr std::string_view kTraces[] = {kPassword, kInUrl, "p@ss",   "p%40ss", "ss:w",
                                        "ss%3Aw",  "/rd%", "Frd%25", "[x]",    "5Bx"};

void ExpectNoSecret(const std::string& said, const std::string& what) {
  EXPECT_FALSE(said.empty()) << what;
  for (const std::string_view trace : kTraces) {
    EXPECT_THAT(said, Not(HasSubstr(std::string(trace)))) << what;
  }
}

CliResult Hookcastd(std::vector<std::string> arguments) {
  arguments.insert(arguments.begin(), HOOKCASTD);
  const auto process = ChildProcess::Start(arguments);
  EXPECT_TRUE(process.ok()) << process.status();
  const auto code = (*process)->WaitExit();
  return {code.value_or(-1), (*process)->output()};
}

std::string UrlOf(const std::string& host, const std::string& port) {
  return absl::StrCat("backplane.url=redis://default:", kInUrl, "@", host, ":", port);
}

std::unique_ptr<NodeProcess> StartAt(const std::string& url) {
  return NodeProcess::Start(
      "log: { level: debug }\nbackplane: { kind: redis }\n" + std::string(Cluster::kStaticRoutes),
      {"--set", url});
}

TEST(Secrets, TheUrlsPasswordIsInNoOutputOfANodeThatUsesIt) {
  const auto redis = RedisProcess::Start({"--requirepass", kPassword});
  ASSERT_NE(redis, nullptr);
  const std::string url = UrlOf("127.0.0.1", std::to_string(redis->port()));
  const auto node = StartAt(url);
  ASSERT_NE(node, nullptr);
  ASSERT_TRUE(node->MetricBecomes("hookcast_ready", 1)) << "the password is the right one";
  redis->Kill();
  ASSERT_TRUE(node->MetricBecomes("hookcast_ready", 0));
  for (const char* page : {"/readyz", "/metrics", "/"}) {
    const auto response = HttpGet(node->admin(), page);
    ASSERT_TRUE(response.ok()) << response.status();
    ExpectNoSecret(response->body, page);
  }
  ExpectNoSecret(RunCli({"--server", node->control(), "nodes"}).output, "nodes");
  ExpectNoSecret(RunCli({"--server", node->control(), "publish", "/sub/a", "t", "x"}).output,
                 "a publish that Redis did not take");
  node->process().Signal(SIGTERM);
  ASSERT_TRUE(node->process().WaitExit().ok());
  EXPECT_THAT(node->process().output(), HasSubstr("the link to Redis was lost"));
  ExpectNoSecret(node->process().output(), "the log");
}

TEST(Secrets, NorOfANodeThatCannotUseIt) {
  const auto redis = RedisProcess::Start({"--requirepass", "another"});
  ASSERT_NE(redis, nullptr);
  for (const std::string& url :
       {UrlOf("127.0.0.1", std::to_string(redis->port())), UrlOf("no.such.host.invalid", "6379")}) {
    const auto node = StartAt(url);
    ASSERT_NE(node, nullptr);
    const auto line = node->process().WaitForLine("\"level\":\"warn", seconds(20));
    ASSERT_TRUE(line.ok()) << line.status();
    ExpectNoSecret(HttpGet(node->admin(), "/readyz")->body, "/readyz");
    ExpectNoSecret(node->process().output(), "the log");
  }
}

TEST(Secrets, NorInWhatIsSaidOfAConfiguration) {
  ExpectNoSecret(Hookcastd({"--set", "backplane.kind=redis", "--set", UrlOf("redis", "6379"),
                            "--print-config"})
                     .output,
                 "--print-config");
  // Each wrong in its own way.
  for (const std::string& url : {UrlOf("redis", "port"), UrlOf("", "6379"), UrlOf("re dis", "6379"),
                                 absl::StrCat("backplane.url=", kPassword),
                                 absl::StrCat("backplane.url=redis://:", kPassword),
                                 absl::StrCat("backplane.url=http://:", kInUrl, "@redis"),
                                 absl::StrCat("backplane.url=redis://:", kInUrl, "%zz@redis")}) {
    const CliResult checked =
        Hookcastd({"--set", "backplane.kind=redis", "--set", url, "--check-config"});
    EXPECT_NE(checked.exit_code, 0) << url;
    ExpectNoSecret(checked.output, url);
  }
}

class PeerSecrets : public ClusterTest {};

TEST_F(PeerSecrets, AClientsTokenInTheQueryOrItsRefererIsInNoLogAndNotShownByTheCli) {
  ASSERT_NO_FATAL_FAILURE(
      StartCluster(2, "log: { level: debug }\n" + std::string(Cluster::kStaticRoutes)));
  WebSocketClient::Options options;
  const std::string query = absl::StrCat("?token=", kInUrl, "&user=ada");
  options.headers = {{"Referer", absl::StrCat("https://app.example/page", query)}};
  auto client = node(0).Connect("/sub/a" + query, options);
  ASSERT_NE(client, nullptr);
  ASSERT_TRUE(node(0).MetricBecomes("hookcast_subscriptions", 1));
  // One that is refused, one that breaks the protocol.
  const auto refused = WebSocketClient::TryUpgrade(node(0).clients(), "/nowhere" + query, options);
  ASSERT_TRUE(refused.ok()) << refused.status();
  ExpectNoSecret(refused->body, "a refusal");
  auto bad = node(0).Connect("/sub/b" + query, options);
  ASSERT_NE(bad, nullptr);
  ASSERT_TRUE(bad->SendRaw(std::string("\xff\xff\xff\xff", 4)).ok());
  ASSERT_TRUE(bad->Receive().ok());

  const std::string peers = Cli(1, {"peers"}).output;
  EXPECT_THAT(peers, HasSubstr("/sub/a"));
  ExpectNoSecret(peers, "peers");
  const std::string id =
      Ask(1, &BrokerCalls::Stub::ListPeers, v1::ListPeersRequest()).peers(0).peer().id();
  for (const char* form : {"table", "json"}) {
    ExpectNoSecret(Cli(1, {"--output", form, "peers"}).output, form);
    ExpectNoSecret(Cli(1, {"--output", form, "peer", id}).output, form);
  }
  ASSERT_TRUE(client->CloseHandshake().ok());
  for (size_t i = 0; i < 2; ++i) {
    ExpectNoSecret(HttpGet(node(i).admin(), "/metrics")->body, "/metrics");
    node(i).process().Signal(SIGTERM);
    ASSERT_TRUE(node(i).process().WaitExit().ok());
    ExpectNoSecret(node(i).process().output(), "the log");
  }
}

}  // namespace
}  // namespace hookcast::testing
