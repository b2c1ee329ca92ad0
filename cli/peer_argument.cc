#include "cli/peer_argument.h"

#include <utility>

#include "CLI/CLI.hpp"
#include "cli/failure.h"
#include "cli/utf8_check.h"

namespace hookcast::cli {

void DeclarePeer(CLI::App& app, std::string* id) {
  app.add_option("PEER", *id, "Id of a peer, as hookcast peers lists it")
      ->required()
      ->type_name("")
      ->check(Utf8Check());
}

absl::Status ExplainPeer(absl::Status failure) {
  if (failure.code() != absl::StatusCode::kNotFound) return failure;
  return WithHint(std::move(failure), "hookcast peers lists the peers that are connected");
}

}  // namespace hookcast::cli
