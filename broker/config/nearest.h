#pragma once

#include <cstddef>
#include <string>
#include <string_view>
#include <vector>

namespace hookcast::config {

struct Nearest {
  std::string name;    // empty where there are no candidates
  bool close = false;  // near enough that the given name is probably a slip of it
};

// The candidate with the fewest edits from `given`: insert, delete, replace, swap of two
// neighbours. The first of equals.
Nearest FindNearest(std::string_view given, const std::vector<std::string>& candidates);

// The number of those edits.
size_t EditDistance(std::string_view a, std::string_view b);

}  // namespace hookcast::config
