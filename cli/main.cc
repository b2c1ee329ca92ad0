// hookcast: the command line of BrokerService.

#include <signal.h>
#include <sys/ioctl.h>
#include <unistd.h>

#include <cstdlib>
#include <iostream>
#include <string>
#include <vector>

#include "absl/time/clock.h"
#include "cli/cli.h"
#include "cli/fd_input.h"
#include "cli/interrupt.h"

namespace {

int ErrColumns() {
  if (isatty(STDERR_FILENO) == 0) return 0;
  winsize size = {};
  const bool known = ioctl(STDERR_FILENO, TIOCGWINSZ, &size) == 0 && size.ws_col > 0;
  return known ? size.ws_col : 80;
}

}  // namespace

int main(int argc, char** argv) {
  // gRPC writes its own complaints to stderr; what matters of them is told by this program.
  setenv("GRPC_VERBOSITY", "NONE", /*replace=*/0);
  // What writes to a pipe that nobody reads ends without a word, whatever started it.
  signal(SIGPIPE, SIG_DFL);
  hookcast::cli::Interrupt interrupt;
  hookcast::cli::FdInput input(STDIN_FILENO, interrupt.token());
  std::istream in(&input);
  hookcast::cli::Terminal terminal{in, std::cout, std::cerr, [] { return absl::Now(); }};
  terminal.err_columns = ErrColumns();
  terminal.stop_on = [&](hookcast::cli::StopOn what) {
    interrupt.Catch(what);
    return interrupt.token();
  };
  const std::vector<std::string> arguments(argv + 1, argv + argc);
  return static_cast<int>(hookcast::cli::Run(arguments, terminal));
}
