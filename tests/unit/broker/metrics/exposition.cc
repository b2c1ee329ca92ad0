#include "tests/unit/broker/metrics/exposition.h"

#include <cstdlib>
#include <utility>

#include "absl/status/status.h"
#include "absl/strings/str_cat.h"
#include "absl/strings/str_split.h"

namespace hookcast::metrics {
namespace {

constexpr std::string_view kLetters = "abcdefghijklmnopqrstuvwxyzABCDEFGHIJKLMNOPQRSTUVWXYZ";
constexpr std::string_view kDigits = "0123456789";

absl::Status Wrong(std::string_view line, std::string_view why) {
  return absl::InvalidArgumentError(absl::StrCat(std::string(why), ": ", std::string(line)));
}

bool Take(std::string_view* text, std::string_view prefix) {
  if (!text->starts_with(prefix)) return false;
  text->remove_prefix(prefix.size());
  return true;
}

// A metric's or label's name off the front: a letter or one of `more`, then these and digits. Empty
// where there is none.
std::string_view TakeName(std::string_view* text, std::string_view more) {
  size_t size = 0;
  while (size < text->size()) {
    const char c = (*text)[size];
    const bool letter = kLetters.find(c) != kLetters.npos || more.find(c) != more.npos;
    if (!letter && (size == 0 || kDigits.find(c) == kDigits.npos)) break;
    ++size;
  }
  const std::string_view name = text->substr(0, size);
  text->remove_prefix(size);
  return name;
}

// A label's value up to its closing quote; of a backslash's company only three are known.
bool TakeValue(std::string_view* text) {
  while (!text->empty() && text->front() != '"') {
    if (text->front() == '\\') {
      text->remove_prefix(1);
      if (text->empty() ||
          std::string_view("\\\"n").find(text->front()) == std::string_view::npos) {
        return false;
      }
    }
    text->remove_prefix(1);
  }
  return Take(text, "\"");
}

// Labels in their braces, or nothing at all.
bool TakeLabels(std::string_view* text) {
  if (!Take(text, "{")) return true;
  do {
    if (TakeName(text, "_").empty() || !Take(text, "=\"") || !TakeValue(text)) return false;
  } while (Take(text, ","));
  return Take(text, "}");
}

// Whether a sample of this name belongs to the family: a histogram has three kinds.
bool BelongsTo(std::string_view sample, const std::string& family, std::string_view type) {
  if (type != "histogram") return sample == family;
  return sample == family + "_bucket" || sample == family + "_sum" || sample == family + "_count";
}

// Go's spelling of numbers, less its hexadecimals.
bool ParseValue(std::string_view text, double* value) {
  const std::string whole(text);
  if (whole != "NaN" && whole != "+Inf" && whole != "-Inf") {
    if (whole.empty() || whole.find_first_not_of("0123456789+-.eE") != whole.npos) return false;
  }
  char* end = nullptr;
  *value = std::strtod(whole.c_str(), &end);
  return end == whole.c_str() + whole.size();
}

}  // namespace

absl::StatusOr<std::map<std::string, ExposedFamily>> ReadExposition(std::string_view text) {
  std::map<std::string, ExposedFamily> families;
  std::string current;
  if (text.empty() || text.back() != '\n') return Wrong("", "the last line is not ended");
  text.remove_suffix(1);
  for (const std::string& line :
       std::vector<std::string>(absl::StrSplit(std::string(text), '\n'))) {
    std::string_view rest = line;
    if (Take(&rest, "# HELP ")) {
      current = TakeName(&rest, "_:");
      if (current.empty() || !Take(&rest, " ") || rest.empty()) return Wrong(line, "a bad help");
      if (!families.emplace(current, ExposedFamily{.help = std::string(rest)}).second) {
        return Wrong(line, "a family appears twice");
      }
      continue;
    }
    const bool type = Take(&rest, "# TYPE ");
    std::string_view sample = rest;
    const std::string_view name = TakeName(&rest, "_:");
    if (current.empty()) return Wrong(line, "neither help nor of the family before");
    ExposedFamily& family = families[current];
    if (type ? name != current : !BelongsTo(name, current, family.type)) {
      return Wrong(line, "neither help nor of the family before");
    }
    if (type) {
      if (!family.type.empty()) return Wrong(line, "a second type");
      if (rest != " counter" && rest != " gauge" && rest != " histogram")
        return Wrong(line, "an unknown type");
      family.type = std::string(rest.substr(1));
      continue;
    }
    if (family.type.empty()) return Wrong(line, "a sample before its type");
    if (!TakeLabels(&rest)) return Wrong(line, "bad labels");
    sample.remove_suffix(rest.size());
    double value = 0;
    if (!Take(&rest, " ") || !ParseValue(rest, &value)) return Wrong(line, "a bad value");
    if (!family.samples.emplace(sample, value).second) {
      return Wrong(line, "a sample appears twice");
    }
  }
  return families;
}

}  // namespace hookcast::metrics
