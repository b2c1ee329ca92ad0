#include "broker/config/nearest.h"

#include <algorithm>
#include <numeric>

namespace hookcast::config {
namespace {

constexpr size_t kLongestName = 64;  // longer than any key; keeps a hostile name from costing time

bool IsClose(std::string_view given, std::string_view candidate, size_t distance) {
  if (distance <= std::max<size_t>(1, std::min(given.size(), candidate.size()) / 3)) return true;
  const std::string_view shorter = given.size() < candidate.size() ? given : candidate;
  const std::string_view longer = given.size() < candidate.size() ? candidate : given;
  return shorter.size() >= 3 && longer.starts_with(shorter);
}

}  // namespace

size_t EditDistance(std::string_view a, std::string_view b) {
  std::vector<size_t> before(b.size() + 1);
  std::vector<size_t> above(b.size() + 1);
  std::vector<size_t> row(b.size() + 1);
  std::iota(above.begin(), above.end(), 0);
  for (size_t i = 1; i <= a.size(); ++i) {
    row[0] = i;
    for (size_t j = 1; j <= b.size(); ++j) {
      const size_t replace = above[j - 1] + (a[i - 1] == b[j - 1] ? 0 : 1);
      row[j] = std::min({above[j] + 1, row[j - 1] + 1, replace});
      if (i > 1 && j > 1 && a[i - 1] == b[j - 2] && a[i - 2] == b[j - 1]) {
        row[j] = std::min(row[j], before[j - 2] + 1);
      }
    }
    std::swap(before, above);
    std::swap(above, row);
  }
  return above[b.size()];
}

Nearest FindNearest(std::string_view given, const std::vector<std::string>& candidates) {
  given = given.substr(0, kLongestName);
  Nearest nearest;
  size_t best = 0;
  for (const std::string& candidate : candidates) {
    const size_t distance = EditDistance(given, candidate);
    const bool close = IsClose(given, candidate, distance);
    const bool better = close != nearest.close ? close : distance < best;
    if (!nearest.name.empty() && !better) continue;
    nearest = {candidate, close};
    best = distance;
  }
  return nearest;
}

}  // namespace hookcast::config
