#include "cli/peer_selection.h"

#include <utility>

#include "CLI/CLI.hpp"
#include "absl/strings/str_cat.h"
#include "cli/failure.h"
#include "cli/peer_argument.h"
#include "cli/text.h"
#include "cli/utf8_check.h"

namespace hookcast::cli {

CLI::Option* DeclareArgument(CLI::App& app, const std::string& name, const std::string& description,
                             Argument* argument) {
  return app
      .add_option_function<std::string>(
          name, [argument](const std::string& value) { *argument = value; }, description)
      ->type_name("");
}

void PeerSelection::Declare(CLI::App& app) {
  DeclareArgument(app, "PEER", "Id of a peer, as hookcast peers lists it; not with a filter",
                  &peer_);
  filter_.Declare(app);
  app.add_flag("--all", all_, "Every peer of the cluster");
}

absl::Status PeerSelection::Read(std::initializer_list<Argument*> others) {
  if (all_ || filter_.given()) return ReadFilter(others);
  if (!peer_) {
    return UsageFailure("PEER is required",
                        "give the id of a peer, or say which peers with --namespace, --topic, "
                        "--path, --route or --all");
  }
  selector_.set_peer(*peer_);
  return CheckUtf8("PEER", *peer_);
}

absl::Status PeerSelection::ReadFilter(std::initializer_list<Argument*> others) {
  if (all_ && filter_.given()) {
    return UsageFailure("--all is given with an option that leaves peers out",
                        "leave --all out, or the other options");
  }
  *selector_.mutable_filter() = filter_.filter();
  Argument moved = std::exchange(peer_, std::nullopt);
  for (Argument* other : others) std::swap(moved, *other);
  if (!moved) return absl::OkStatus();
  return UsageFailure(
      absl::StrCat("unexpected argument ", Quoted(*moved)),
      "PEER names one peer, and options such as --namespace and --all name many: give one of them");
}

std::string PeerSelection::Describe(uint64_t matched) const {
  return selector_.has_filter() ? Count(matched, "peer") : Printable(selector_.peer());
}

absl::Status PeerSelection::Explain(absl::Status failure) const {
  return selector_.has_filter() ? failure : ExplainPeer(std::move(failure));
}

}  // namespace hookcast::cli
