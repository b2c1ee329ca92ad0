#pragma once

#include <functional>
#include <iosfwd>

#include "absl/time/time.h"

namespace hookcast::cli {

// What a command reads from and writes to, so that a test can stand in for the shell.
//
// Thread: any one thread. The streams are not owned and outlive the terminal.
struct Terminal {
  std::istream& in;
  std::ostream& out;  // results, and nothing else
  std::ostream& err;  // failures and warnings
  std::function<absl::Time()> now;
};

}  // namespace hookcast::cli
