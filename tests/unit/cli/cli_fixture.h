#pragma once

#include <cstdlib>
#include <sstream>
#include <string>
#include <vector>

#include "absl/time/time.h"
#include "cli/cli.h"
#include "gmock/gmock.h"
#include "gtest/gtest.h"
#include "tests/unit/cli/fake_broker.h"

namespace hookcast::cli {

struct RunResult {
  ExitCode exit;
  std::string out;
  std::string err;
};

// Runs hookcast in this process, without any of its environment variables, at a fixed time.
inline RunResult RunHookcast(const std::vector<std::string>& arguments,
                             const std::string& input = "") {
  std::istringstream in(input);
  std::ostringstream out;
  std::ostringstream err;
  Terminal terminal{in, out, err, [] { return absl::FromUnixSeconds(1'800'000'000); }};
  const ExitCode exit = Run(arguments, terminal);
  return {exit, out.str(), err.str()};
}

class CliTest : public testing::Test {
 protected:
  CliTest() {
    for (const char* name : {"HOOKCAST_SERVER", "HOOKCAST_TOKEN", "HOOKCAST_OUTPUT"})
      unsetenv(name);
  }

  // Against broker_.
  RunResult Hookcast(std::vector<std::string> arguments, const std::string& input = "") const {
    arguments.insert(arguments.begin(), {"--server", broker_.address()});
    return RunHookcast(arguments, input);
  }

  FakeBroker broker_;
};

}  // namespace hookcast::cli
