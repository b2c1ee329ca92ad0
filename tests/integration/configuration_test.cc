// What hookcastd says to whoever starts it wrongly, and what it shows of itself.

#include <gmock/gmock.h>
#include <gtest/gtest.h>
#include <unistd.h>

#include <chrono>
#include <fstream>
#include <iterator>
#include <string>
#include <string_view>
#include <tuple>

#include "absl/strings/str_cat.h"
#include "tests/integration/node_process.h"

namespace hookcast::testing {
namespace {

using ::testing::EndsWith;
using ::testing::HasSubstr;
using ::testing::StartsWith;

CliResult RunNode(std::vector<std::string> arguments) {
  arguments.insert(arguments.begin(), HOOKCASTD);
  const auto process = ChildProcess::Start(arguments);
  EXPECT_TRUE(process.ok()) << process.status();
  const auto code = (*process)->WaitExit();
  EXPECT_TRUE(code.ok()) << code.status();
  return {code.value_or(-1), (*process)->output()};
}

std::string WriteFile(const std::string& name, std::string_view text) {
  const std::string path = absl::StrCat(::testing::TempDir(), "hookcast-", getpid(), "-", name);
  std::ofstream(path) << text;
  return path;
}

TEST(ConfigurationTest, AMistakeNamesKeyLineAndNearestKey) {
  const std::string path = WriteFile("mistake.yaml", "shards: 1\nlisten: 127.0.0.1:0\nshardz: 2\n");
  const CliResult result = RunNode({"--config", path});
  EXPECT_EQ(result.exit_code, 2);
  EXPECT_THAT(result.output, HasSubstr("shardz"));
  EXPECT_THAT(result.output, HasSubstr("mistake.yaml:3"));
  EXPECT_THAT(result.output, HasSubstr("shards"));
}

TEST(ConfigurationTest, CheckAndPrintDoNotStartANode) {
  EXPECT_EQ(RunNode({"--check-config"}).exit_code, 0);
  const CliResult printed = RunNode({"--print-config", "--set", "shards=3"});
  EXPECT_EQ(printed.exit_code, 0);
  EXPECT_THAT(printed.output, HasSubstr("shards: 3"));
  EXPECT_THAT(RunNode({"--version"}).output, HasSubstr("hookcastd "));
}

TEST(ConfigurationTest, ACheckWarnsOfSecretsThatANodeCouldNotUseAndPasses) {
  const std::string path =
      WriteFile("secrets.yaml", "auth: { tokens: [{ file: /no/such/token, scopes: [read] }] }\n");
  const CliResult result = RunNode({"--config", path, "--check-config"});
  EXPECT_EQ(result.exit_code, 0);
  EXPECT_THAT(result.output, StartsWith("hookcastd: warning: auth.tokens[0].file: the token file "
                                        "/no/such/token cannot be read"));
  EXPECT_THAT(result.output, EndsWith("\nthe configuration is good\n"));
  EXPECT_EQ(RunNode({"--config", path, "--set", "listen=127.0.0.1:0", "--set",
                     "admin.listen=127.0.0.1:0", "--set", "control.listen=127.0.0.1:0"})
                .exit_code,
            1)
      << "as it warned";
}

TEST(ConfigurationTest, TheReferenceInTheDocsIsTheOneThatTheNodePrints) {
  std::ifstream file(HOOKCAST_SOURCE_DIR "/docs/configuration.md");
  const std::string page{std::istreambuf_iterator<char>(file), {}};
  const std::string printed = RunNode({"--print-reference"}).output;
  EXPECT_FALSE(printed.empty());
  EXPECT_THAT(page, HasSubstr(printed))
      << "replace the table of docs/configuration.md by what hookcastd --print-reference prints";
}

TEST(ConfigurationTest, ADatabaseOfRedisIsWarnedOfUnlessClustersArePartedByAPrefix) {
  constexpr std::string_view kWarning = "backplane.database does not part clusters";
  for (const auto& [url, prefix, warned] :
       {std::tuple("redis://127.0.0.1:1/2", "hookcast", true),
        std::tuple("redis://127.0.0.1:1/2", "staging", false),
        std::tuple("redis://127.0.0.1:1/0", "hookcast", false)}) {
    const auto node = NodeProcess::Start("backplane: { kind: redis }\n",
                                         {"--set", std::string("backplane.url=") + url, "--set",
                                          std::string("backplane.prefix=") + prefix});
    ASSERT_NE(node, nullptr);
    EXPECT_EQ(node->process().output().find(kWarning) != std::string::npos, warned) << url;
  }
}

TEST(ConfigurationTest, APortThatIsTakenIsNamed) {
  auto node = NodeProcess::Start("shards: 1\n");
  ASSERT_NE(node, nullptr);
  const CliResult result =
      RunNode({"--set", "listen=" + node->clients(), "--set", "admin.listen=127.0.0.1:0", "--set",
               "control.listen=127.0.0.1:0"});
  EXPECT_EQ(result.exit_code, 1);
  EXPECT_THAT(result.output, HasSubstr(node->clients()));
  EXPECT_THAT(result.output, HasSubstr("in use"));
}

TEST(ConfigurationTest, ControlAndAdminStayOnLoopback) {
  const CliResult result = RunNode({"--set", "control.listen=0.0.0.0:0"});
  EXPECT_EQ(result.exit_code, 2);
  EXPECT_THAT(result.output, HasSubstr("control.listen"));
}

TEST(ConfigurationTest, TheAdminPortTellsOfTheNode) {
  auto node = NodeProcess::Start("shards: 1\n");
  ASSERT_NE(node, nullptr);
  EXPECT_EQ(HttpGet(node->admin(), "/livez")->status, 200);
  const auto ready = HttpGet(node->admin(), "/readyz");
  EXPECT_EQ(ready->status, 200);
  EXPECT_THAT(ready->body, HasSubstr("\"ready\":true"));
  EXPECT_THAT(HttpGet(node->admin(), "/metrics")->body, HasSubstr("\nhookcast_peers 0\n"));
  const std::string version = RunNode({"--version"}).output;  // "hookcastd 0.1.0\n"
  EXPECT_EQ(node->Metric("hookcast_build_info{version=\"" +
                         version.substr(10, version.size() - 11) + "\"}"),
            1);
  const double now =
      std::chrono::duration<double>(std::chrono::system_clock::now().time_since_epoch()).count();
  EXPECT_LE(node->Metric("process_start_time_seconds"), now);
  EXPECT_GE(node->Metric("process_start_time_seconds"), now - 60);
  EXPECT_EQ(HttpGet(node->admin(), "/nothing")->status, 404);
  EXPECT_EQ(HttpRequest(node->admin(), "DELETE", "/metrics")->status, 405);
}

}  // namespace
}  // namespace hookcast::testing
