#include "cli/progress.h"

#include <algorithm>
#include <ostream>

#include "absl/strings/str_cat.h"
#include "absl/strings/str_format.h"
#include "cli/duration.h"
#include "cli/text.h"

namespace hookcast::cli {
namespace {

constexpr absl::Duration kPause = absl::Milliseconds(100);
constexpr int kLongestBar = 30;
constexpr int kShortestBar = 8;

std::string Bar(double part, int columns) {
  const int width = std::min(columns - 4, kLongestBar);  // brackets, and two spaces after them
  if (width < kShortestBar) return "";
  const int full = static_cast<int>(part * width);
  return absl::StrCat("[", std::string(full, '#'), std::string(width - full, '.'), "]  ");
}

}  // namespace

std::string FormatRate(double rate) {
  return rate < 100 ? absl::StrFormat("%.1f", rate) : absl::StrFormat("%.0f", rate);
}

std::string RenderProgress(const ProgressState& state, int columns) {
  const uint64_t done = state.published + state.refused + state.this_node_only;
  const double seconds = absl::ToDoubleSeconds(state.took);
  const double rate = seconds > 0 ? static_cast<double>(done) / seconds : 0;
  std::string line;
  double part = 0;
  if (state.total && *state.total > 0) {
    part = std::min(1.0, static_cast<double>(done) / static_cast<double>(*state.total));
    line = absl::StrFormat("%3d%%  %d/%d", static_cast<int>(part * 100), done, *state.total);
  } else {
    line = Count(done, "message");
  }
  absl::StrAppend(&line, "  ", FormatRate(rate), "/s  ");
  if (state.total && rate > 0) {
    const double left = static_cast<double>(*state.total - std::min(done, *state.total));
    absl::StrAppend(&line, "ETA ",
                    FormatAge(absl::Ceil(absl::Seconds(left / rate), absl::Seconds(1))));
  } else {
    absl::StrAppend(&line, FormatAge(state.took));
  }
  if (state.refused > 0) absl::StrAppend(&line, "  ", state.refused, " refused");
  if (state.this_node_only > 0) {
    absl::StrAppend(&line, "  ", state.this_node_only, " this node alone");
  }
  const int most = std::max(columns - 1, 0);
  if (state.total) line = Bar(part, most - static_cast<int>(line.size())) + line;
  return line.substr(0, static_cast<size_t>(most));
}

void ProgressLine::Show(const ProgressState& state) {
  if (terminal_->err_columns == 0) return;
  const absl::Duration now = terminal_->elapsed();
  if (shown_at_ && now - *shown_at_ < kPause) return;
  shown_at_ = now;
  // Back to the line's start, and what is longer of the line before away.
  terminal_->err << absl::StrCat("\r", RenderProgress(state, terminal_->err_columns), "\x1b[K")
                 << std::flush;
}

void ProgressLine::Clear() {
  if (!shown_at_) return;
  shown_at_.reset();
  terminal_->err << "\r\x1b[K" << std::flush;
}

}  // namespace hookcast::cli
