#pragma once

#include <string>

#include "absl/status/status.h"

namespace CLI {
class App;
}

namespace hookcast::cli {

// Adds the PEER argument of a command that is for one peer alone. REQUIRES: *id outlives app.
void DeclarePeer(CLI::App& app, std::string* id);

// Where a call failed since there is no such peer, says where ids are to be had.
absl::Status ExplainPeer(absl::Status failure);

}  // namespace hookcast::cli
