#pragma once

#include <string>
#include <vector>

#include "cli/failure.h"
#include "cli/terminal.h"

namespace hookcast::cli {

// The whole of hookcast: reads the arguments that follow the program's name, carries the command
// out and writes what came of it, failures on terminal.err: as "hookcast: <what>" and, where there
// is one, a line that says how to do it right; with --output json as an object on its last line.
// Nothing from a node reaches the terminal raw.
ExitCode Run(const std::vector<std::string>& arguments, Terminal& terminal);

}  // namespace hookcast::cli
