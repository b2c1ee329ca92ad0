#include "tests/cluster/told_losses.h"

#include <algorithm>

#include "absl/strings/str_cat.h"

namespace hookcast::testing {

uint64_t Ledger::Begin(size_t publisher, const std::string& ns) {
  const std::lock_guard lock(mutex_);
  return ++last_[{ns, publisher}];
}

void Ledger::Taken(size_t publisher, const std::string& ns, uint64_t number) {
  const std::lock_guard lock(mutex_);
  taken_[ns][publisher].push_back(number);
}

Ledger::Taking Ledger::TakenIn(const std::string& ns) const {
  const std::lock_guard lock(mutex_);
  const auto found = taken_.find(ns);
  return found == taken_.end() ? Taking() : found->second;
}

size_t Ledger::taken_count() const {
  const std::lock_guard lock(mutex_);
  size_t count = 0;
  for (const auto& [ns, publishers] : taken_) {
    for (const auto& [publisher, numbers] : publishers) count += numbers.size();
  }
  return count;
}

namespace {

// Where each of a publisher's messages stands among the lines.
struct Seen {
  std::vector<std::pair<uint64_t, size_t>> places;  // number and line, as they came
};

std::vector<std::string> FindLosses(const Seen& seen, const std::vector<uint64_t>& taken,
                                    const std::vector<size_t>& gaps, size_t publisher,
                                    size_t line_count) {
  std::vector<std::string> faults;
  for (const uint64_t number : taken) {
    const auto at = std::lower_bound(
        seen.places.begin(), seen.places.end(), number,
        [](const std::pair<uint64_t, size_t>& place, uint64_t n) { return place.first < n; });
    if (at != seen.places.end() && at->first == number) continue;
    const size_t from = at == seen.places.begin() ? 0 : std::prev(at)->second;
    const size_t to = at == seen.places.end() ? line_count : at->second;
    const auto gap = std::lower_bound(gaps.begin(), gaps.end(), from);
    if (gap != gaps.end() && *gap < to) continue;
    faults.push_back(absl::StrCat("message ", number, " of publisher ", publisher,
                                  " is missing, and no gap was told in its place"));
  }
  return faults;
}

}  // namespace

std::vector<std::string> FindUntoldLosses(const std::vector<Line>& lines,
                                          const Ledger::Taking& taken) {
  std::vector<std::string> faults;
  std::map<size_t, Seen> seen;
  std::vector<size_t> gaps;
  for (size_t i = 0; i < lines.size(); ++i) {
    if (lines[i].is_gap()) {
      gaps.push_back(i);
      continue;
    }
    auto& places = seen[lines[i].publisher].places;
    if (!places.empty() && lines[i].number <= places.back().first) {
      faults.push_back(absl::StrCat("message ", lines[i].number, " of publisher ",
                                    lines[i].publisher, " came behind ", places.back().first));
      continue;
    }
    places.emplace_back(lines[i].number, i);
  }
  for (const auto& [publisher, numbers] : taken) {
    const auto losses = FindLosses(seen[publisher], numbers, gaps, publisher, lines.size());
    faults.insert(faults.end(), losses.begin(), losses.end());
  }
  return faults;
}

}  // namespace hookcast::testing
