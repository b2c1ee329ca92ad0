#pragma once

#include <cstdlib>
#include <functional>
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

// Runs hookcast in this process, without any of its environment variables, at a fixed time, on a
// terminal that may be adjusted.
inline RunResult RunHookcast(const std::vector<std::string>& arguments,
                             const std::string& input = "",
                             const std::function<void(Terminal&)>& adjust = nullptr) {
  std::istringstream in(input);
  std::ostringstream out;
  std::ostringstream err;
  Terminal terminal{in, out, err, [] { return absl::FromUnixSeconds(1'800'000'000); }};
  if (adjust) adjust(terminal);
  const ExitCode exit = Run(arguments, terminal);
  return {exit, out.str(), err.str()};
}

class CliTest : public testing::Test {
 protected:
  CliTest() {
    for (const char* name :
         {"HOOKCAST_SERVER", "HOOKCAST_TOKEN", "HOOKCAST_TOKEN_FILE", "HOOKCAST_OUTPUT"})
      unsetenv(name);
  }

  // Against broker_.
  RunResult Hookcast(std::vector<std::string> arguments, const std::string& input = "",
                     const std::function<void(Terminal&)>& adjust = nullptr) const {
    arguments.insert(arguments.begin(), {"--server", broker_.address()});
    return RunHookcast(arguments, input, adjust);
  }

  FakeBroker broker_;
};

}  // namespace hookcast::cli
