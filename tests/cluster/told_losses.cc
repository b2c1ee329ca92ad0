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

// Whether gaps between two lines were told that are large enough for so many messages.
bool Covered(const std::vector<Line>& lines, size_t from, size_t to, size_t missing) {
  uint64_t told = 0;
  for (size_t i = from; i < to; ++i) {
    if (!lines[i].is_gap()) continue;
    if (!lines[i].lost) return true;
    told += *lines[i].lost;
  }
  return told >= missing;
}

std::vector<std::string> FindLosses(const std::vector<Line>& lines, const Seen& seen,
                                    const std::vector<uint64_t>& taken, size_t publisher) {
  // What is missing, by the place in the order of what came behind it.
  std::map<size_t, std::vector<uint64_t>> missing;
  for (const uint64_t number : taken) {
    const auto at = std::lower_bound(
        seen.places.begin(), seen.places.end(), number,
        [](const std::pair<uint64_t, size_t>& place, uint64_t n) { return place.first < n; });
    if (at != seen.places.end() && at->first == number) continue;
    missing[static_cast<size_t>(at - seen.places.begin())].push_back(number);
  }
  std::vector<std::string> faults;
  for (const auto& [place, numbers] : missing) {
    const size_t from = place == 0 ? 0 : seen.places[place - 1].second;
    const size_t to = place == seen.places.size() ? lines.size() : seen.places[place].second;
    if (Covered(lines, from, to, numbers.size())) continue;
    faults.push_back(absl::StrCat(numbers.size(), " messages of publisher ", publisher, " from ",
                                  numbers.front(),
                                  " on are missing, and no such gap was told in "
                                  "their place"));
  }
  return faults;
}

}  // namespace

std::vector<std::string> FindUntoldLosses(const std::vector<Line>& lines,
                                          const Ledger::Taking& taken) {
  std::vector<std::string> faults;
  std::map<size_t, Seen> seen;
  for (size_t i = 0; i < lines.size(); ++i) {
    if (lines[i].is_gap()) continue;
    auto& places = seen[lines[i].publisher].places;
    if (!places.empty() && lines[i].number <= places.back().first) {
      faults.push_back(absl::StrCat("message ", lines[i].number, " of publisher ",
                                    lines[i].publisher, " came behind ", places.back().first));
      continue;
    }
    places.emplace_back(lines[i].number, i);
  }
  for (const auto& [publisher, numbers] : taken) {
    const auto losses = FindLosses(lines, seen[publisher], numbers, publisher);
    faults.insert(faults.end(), losses.begin(), losses.end());
  }
  return faults;
}

}  // namespace hookcast::testing
