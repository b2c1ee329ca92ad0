#pragma once

#include <functional>
#include <iosfwd>
#include <stop_token>

#include "absl/time/time.h"

namespace hookcast::cli {

// What ends a command that would go on: SIGINT and SIGTERM, and where it does nothing but write,
// also that nobody reads its output any more.
enum class StopOn { kInterrupt, kInterruptOrUnreadOutput };

// Since some point, on a clock that only moves on.
absl::Duration SteadyTime();
// Returns after so long on that clock, or when a stop is requested.
void WaitSteadily(absl::Duration time, const std::stop_token& stop);

// What a command reads from and writes to, so that a test can stand in for the shell.
//
// Thread: any one thread. The streams are not owned and outlive the terminal.
struct Terminal {
  std::istream& in;
  std::ostream& out;  // results, and nothing else
  std::ostream& err;  // failures and warnings
  std::function<absl::Time()> now;

  std::function<absl::Duration()> elapsed = SteadyTime;
  std::function<void(absl::Duration, const std::stop_token&)> wait = WaitSteadily;
  int err_columns = 0;  // of the screen that err is; 0: it is none
  // From the first call on, what it names requests a stop rather than ending the process.
  std::function<std::stop_token(StopOn)> stop_on = [](StopOn) { return std::stop_token(); };
};

}  // namespace hookcast::cli
