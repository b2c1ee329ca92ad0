#include "broker/config/cluster_keys.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <string>

#include "broker/config/printer.h"
#include "tests/unit/broker/config/load_yaml.h"

namespace hookcast::config {
namespace {

using std::chrono::seconds;
using testing::HasSubstr;
using testing::IsEmpty;
using testing::Not;

constexpr char kToken[] = "0123456789abcdef";

std::vector<std::string> TextsOf(const std::vector<KeyMistake>& mistakes) {
  std::vector<std::string> texts;
  for (const KeyMistake& mistake : mistakes) texts.push_back(mistake.key + " " + mistake.text);
  return texts;
}

// A node on Redis, as the loader will take it.
Config OnRedis() {
  Config config;
  config.backplane.kind = BackplaneKind::kRedis;
  return config;
}

TEST(ClusterKeysTest, AreRead) {
  const Config config = ConfigOf(
      "control: { advertise: 'node-1.example.com:8082' }\n"
      "cluster: { token: ' 0123456789abcdef ' }\n"
      "shutdown: { timeout: 30s, ready_delay: 5s, drain: 20s }\n");
  EXPECT_EQ(config.control.advertise, "node-1.example.com:8082");
  EXPECT_EQ(config.cluster.token, kToken);
  EXPECT_EQ(config.shutdown.ready_delay, seconds(5));
  EXPECT_EQ(config.shutdown.drain, seconds(20));
  EXPECT_EQ(ConfigOf("", {{"HOOKCAST_CLUSTER_TOKEN", kToken}}).cluster.token, kToken);
  EXPECT_EQ(ConfigOf("cluster: { token_file: /run/x }").cluster.token_file, "/run/x");
}

TEST(ClusterKeysTest, TheTokenIsNeverShown) {
  const Config config = ConfigOf(std::string("cluster: { token: ") + kToken + " }");
  EXPECT_THAT(PrintConfig(config), Not(HasSubstr(kToken)));
  EXPECT_THAT(PrintConfig(config), HasSubstr("token: \"***\""));
  for (const char* bad : {"s3cr3t", "s3cr3t s3cr3t s3cr3t", "s3cr3t\xc3\xa4s3cr3ts3cr3t"}) {
    const std::string errors = ErrorsOf(std::string("cluster: { token: '") + bad + "' }");
    EXPECT_THAT(errors, HasSubstr("cluster.token: is not a token of 16 to 1024")) << bad;
    EXPECT_THAT(errors, Not(HasSubstr("s3cr3t"))) << bad;
  }
}

TEST(ClusterKeysTest, AnAddressIsAHostAndAPort) {
  for (const char* good : {"a:1", "10.0.0.1:8082", "[fd00::1]:8082", "node_1.x-y.z:65535"}) {
    EXPECT_THAT(ErrorsOf(std::string("control: { advertise: '") + good + "' }"), IsEmpty()) << good;
  }
  for (const char* bad : {"a", "a:", ":1", "a:0", "a:99999", "http://a:1", "fd00::1:80", "a b:1"}) {
    EXPECT_THAT(ErrorsOf(std::string("control: { advertise: '") + bad + "' }"),
                HasSubstr("is not host:port"))
        << bad;
  }
}

TEST(ClusterKeysTest, ATokenAndAFileForItAreOneTooMany) {
  EXPECT_THAT(ErrorsOf("cluster: { token: 0123456789abcdef, token_file: /run/x }"),
              HasSubstr("cluster.token_file: stands beside cluster.token"));
}

TEST(ClusterKeysTest, NodesThatOthersCanReachNeedAToken) {
  Config config = OnRedis();
  EXPECT_THAT(TextsOf(CheckClusterKeys(config, {})), IsEmpty());
  config.control.listen.host = "0.0.0.0";
  ASSERT_EQ(CheckClusterKeys(config, {}).size(), 1u);
  EXPECT_THAT(TextsOf(CheckClusterKeys(config, {}))[0],
              HasSubstr("cluster.token is missing: nodes call each other at 0.0.0.0:8082"));
  EXPECT_THAT(TextsOf(CheckClusterKeys(config, {}))[0], HasSubstr("set cluster.token_file"));
  config.insecure = true;
  EXPECT_THAT(TextsOf(CheckClusterKeys(config, {})), IsEmpty());
  config.insecure = false;
  config.cluster.token_file = "/run/x";
  EXPECT_THAT(TextsOf(CheckClusterKeys(config, {})), IsEmpty());
  config.cluster.token_file = "";
  config.backplane.kind = BackplaneKind::kMemory;
  EXPECT_THAT(TextsOf(CheckClusterKeys(config, {})), IsEmpty());
}

TEST(ClusterKeysTest, NodesThatAskForTokensNeedOneOfTheirOwn) {
  Config config = OnRedis();
  config.auth.tokens = {{"/run/x", {Scope::kRead}}};
  config.insecure = true;  // of no help: they would refuse each other
  ASSERT_EQ(CheckClusterKeys(config, {}).size(), 1u);
  EXPECT_THAT(TextsOf(CheckClusterKeys(config, {}))[0], HasSubstr("with auth.tokens a node"));
  config.cluster.token = kToken;
  EXPECT_THAT(TextsOf(CheckClusterKeys(config, {})), IsEmpty());
}

TEST(ClusterKeysTest, ADrainThatWasSetHasToFitTheTimeout) {
  EXPECT_THAT(ErrorsOf("shutdown: { timeout: 1s }"), IsEmpty());  // the default gives way
  EXPECT_THAT(ErrorsOf("shutdown: { timeout: 10s, drain: 8s, ready_delay: 3s }"),
              HasSubstr("shutdown.drain: takes, with shutdown.ready_delay, 11s, longer"));
  EXPECT_THAT(ErrorsOf("shutdown: { timeout: 10s, ready_delay: 10s }"),
              HasSubstr("shutdown.ready_delay: takes all of shutdown.timeout (10s)"));
}

}  // namespace
}  // namespace hookcast::config
