#include "tests/integration/resume_crowd.h"

#include <gtest/gtest.h>
#include <signal.h>

#include <nlohmann/json.hpp>

#include "absl/strings/str_cat.h"
#include "tests/integration/node_process.h"

namespace hookcast::testing {

void CrowdResumes(const std::string& scheme, std::vector<std::string> flags) {
  const auto node = NodeProcess::Start(R"(
shards: 2
routes:
  - path: /sub
    namespace: bench
    transports: [websocket, sse]
    static: { subscribe: [bench] }
    history: { size: 100000, age: 5m }
  - path: /pub
    namespace: bench
    static: { on_message: publish, topic: bench }
)");
  ASSERT_NE(node, nullptr);
  std::vector<std::string> command = {
      HOOKCAST_LOAD, "resume",
      "--sub",       absl::StrCat(scheme, "://", node->clients(), "/sub"),
      "--pub",       absl::StrCat("ws://", node->clients(), "/pub"),
      "--timeout",   "300",
      "--json"};
  command.insert(command.end(), flags.begin(), flags.end());
  const auto load = ChildProcess::Start(command);
  ASSERT_TRUE(load.ok()) << load.status();
  const auto code = (*load)->WaitExit(std::chrono::seconds(330));
  ASSERT_TRUE(code.ok()) << code.status();
  ASSERT_EQ(*code, 0) << (*load)->output();
  const auto report = nlohmann::json::parse((*load)->output(), nullptr, false);
  ASSERT_TRUE(report.is_object()) << (*load)->output();
  // A crowd that stayed, or that missed nothing while it was away, would show nothing.
  EXPECT_GT(report.value("leaves", 0), report.value("clients", 0)) << report;
  EXPECT_GT(report.value("missed", 0), report.value("clients", 0)) << report;
  EXPECT_TRUE(node->MetricBecomes("hookcast_connections", 0));

  node->process().Signal(SIGTERM);
  EXPECT_EQ(node->process().WaitExit().value_or(-1), 0) << node->process().output();
}

}  // namespace hookcast::testing
