#pragma once

#include <cstdint>
#include <initializer_list>
#include <optional>
#include <string>

#include "absl/status/status.h"
#include "cli/filter_options.h"
#include "hookcast/v1/broker.pb.h"

namespace CLI {
class App;
class Option;
}  // namespace CLI

namespace hookcast::cli {

// A positional argument that may be left out.
using Argument = std::optional<std::string>;

// Adds one to app, after those that it has. REQUIRES: *argument outlives app.
CLI::Option* DeclareArgument(CLI::App& app, const std::string& name, const std::string& description,
                             Argument* argument);

// Which peers send, subscribe, unsubscribe and close are for: one, by its id, or all that a filter
// lets through.
class PeerSelection {
 public:
  // Adds PEER and the filter's options to app, before the command's own positional arguments.
  // REQUIRES: this outlives app.
  void Declare(CLI::App& app);

  // Reads what was given. `others` are the command's own positional arguments, in their order: with
  // a filter there is no PEER, so that each has the value of the one before it, and is moved on.
  // Errors: usage failures.
  absl::Status Read(std::initializer_list<Argument*> others);

  // REQUIRES of all that follow: Read.
  const v1::PeerSelector& selector() const { return selector_; }
  // The peer's id, safe to print; "3 peers".
  std::string Describe(uint64_t matched) const;
  // Of a call that failed since there is no such peer, says where ids are to be had.
  absl::Status Explain(absl::Status failure) const;

 private:
  absl::Status ReadFilter(std::initializer_list<Argument*> others);

  Argument peer_;
  FilterOptions filter_;
  bool all_ = false;
  v1::PeerSelector selector_;
};

}  // namespace hookcast::cli
