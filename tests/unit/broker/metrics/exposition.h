#pragma once

#include <map>
#include <string>
#include <string_view>
#include <vector>

#include "absl/status/statusor.h"

namespace hookcast::metrics {

// One family of an exposition, read back.
struct ExposedFamily {
  std::string help;
  std::string type;
  // By the sample's name with its labels, as written.
  std::map<std::string, double> samples;
};

// Reads Prometheus' text format 0.0.4 as strictly as its page describes it, for the subset without
// time stamps: HELP, then TYPE, then the samples of that family and of no other; each family and
// each sample once; every line ended. What is wrong is told with its line.
absl::StatusOr<std::map<std::string, ExposedFamily>> ReadExposition(std::string_view text);

}  // namespace hookcast::metrics
