// hookcast: the command line of BrokerService.

#include <cstdlib>
#include <iostream>
#include <string>
#include <vector>

#include "absl/time/clock.h"
#include "cli/cli.h"

int main(int argc, char** argv) {
  // gRPC writes its own complaints to stderr; what matters of them is told by this program.
  setenv("GRPC_VERBOSITY", "NONE", /*replace=*/0);
  hookcast::cli::Terminal terminal{std::cin, std::cout, std::cerr, [] { return absl::Now(); }};
  const std::vector<std::string> arguments(argv + 1, argv + argc);
  return static_cast<int>(hookcast::cli::Run(arguments, terminal));
}
