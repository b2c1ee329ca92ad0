#pragma once

#include <string>
#include <vector>

#include "absl/time/time.h"
#include "cli/address.h"

namespace hookcast::cli {

enum class OutputFormat { kTable, kJson };

// What every command takes, before or after its name.
struct GlobalOptions {
  std::vector<Address> servers{Address()};  // at least one, to be tried in this order
  std::string token;                        // empty: none is sent
  OutputFormat output = OutputFormat::kTable;
  absl::Duration timeout = absl::Seconds(5);  // to connect, and again for each call
};

}  // namespace hookcast::cli
