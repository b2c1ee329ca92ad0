#pragma once

#include <cstdint>
#include <optional>
#include <string>

#include "absl/time/time.h"
#include "cli/terminal.h"

namespace hookcast::cli {

// How far a publish of many messages is.
struct ProgressState {
  uint64_t published = 0;
  uint64_t refused = 0;
  uint64_t this_node_only = 0;
  std::optional<uint64_t> total;
  absl::Duration took;
};

// One line, without its end, that leaves the last of so many columns free:
// "[######......]  50%  500/1000  250/s  ETA 2s".
std::string RenderProgress(const ProgressState& state, int columns);

// "0.5", "12.3", "1234": of things a second.
std::string FormatRate(double rate);

// A line on terminal.err that is written over as things go on, ten times a second; nothing where
// err is no screen. Clear it before anything else is written.
//
// Thread: any one thread.
class ProgressLine {
 public:
  explicit ProgressLine(Terminal* terminal) : terminal_(terminal) {}

  void Show(const ProgressState& state);
  void Clear();

 private:
  Terminal* const terminal_;
  std::optional<absl::Duration> shown_at_;  // set: the line is there
};

}  // namespace hookcast::cli
