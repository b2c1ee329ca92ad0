#include "bench/load/report.h"

#include <algorithm>
#include <cmath>
#include <cstdio>
#include <utility>

#include "absl/strings/str_cat.h"

namespace hookcast::bench {
namespace {

// With a space between thousands.
std::string Readable(double value, int digits) {
  char text[64];
  std::snprintf(text, sizeof text, "%.*f", digits, value);
  std::string result = text;
  const size_t first = result.front() == '-' ? 1 : 0;
  const size_t point = std::min(result.find('.'), result.size());
  for (size_t at = point; at > first + 3;) {
    at -= 3;
    result.insert(at, 1, ' ');
  }
  return result;
}

}  // namespace

Report::Report(std::string scenario) : scenario_(std::move(scenario)) {
  json_["scenario"] = scenario_;
  json_["ok"] = true;
}

void Report::Add(const std::string& key, const std::string& label, double value, int digits,
                 const std::string& unit) {
  rows_.push_back({label, Readable(value, digits), unit});
  const double scale = std::pow(10, digits);
  if (digits == 0) {
    json_[key] = std::llround(value);
  } else {
    json_[key] = std::round(value * scale) / scale;
  }
}

void Report::AddPlain(const std::string& key, nlohmann::ordered_json value) {
  json_[key] = std::move(value);
}

std::string Report::Table() const {
  size_t label_width = 0;
  size_t value_width = 0;
  for (const Row& row : rows_) {
    label_width = std::max(label_width, row.label.size());
    value_width = std::max(value_width, row.value.size());
  }
  std::string table = absl::StrCat(scenario_, "\n");
  for (const Row& row : rows_) {
    absl::StrAppend(&table, "  ", row.label, std::string(label_width - row.label.size() + 2, ' '),
                    std::string(value_width - row.value.size(), ' '), row.value, " ", row.unit,
                    "\n");
  }
  return table;
}

std::string Report::Json() const { return json_.dump() + "\n"; }

}  // namespace hookcast::bench
