#include "broker/config/path_pattern.h"

#include <algorithm>
#include <optional>

#include "absl/strings/ascii.h"
#include "absl/strings/str_cat.h"
#include "absl/strings/str_join.h"
#include "broker/config/quote.h"

namespace hookcast::config {
namespace {

using Segment = PathPattern::Segment;
using Kind = PathPattern::Segment::Kind;

constexpr std::string_view kPathName = "path";  // what templates call the whole path

bool IsName(std::string_view name) {
  if (name.empty() || absl::ascii_isdigit(static_cast<unsigned char>(name.front()))) return false;
  return std::all_of(name.begin(), name.end(), [](char c) {
    return absl::ascii_isalnum(static_cast<unsigned char>(c)) || c == '_';
  });
}

// Takes the segment that follows the '/' at the front of `rest` and leaves the next '/' in front.
std::string_view TakeSegment(std::string_view* rest) {
  const size_t end = std::min(rest->find('/', 1), rest->size());
  const std::string_view segment = rest->substr(1, end - 1);
  rest->remove_prefix(end);
  return segment;
}

absl::Status CheckCharacters(std::string_view pattern) {
  for (size_t i = 0; i < pattern.size(); ++i) {
    const auto c = static_cast<unsigned char>(pattern[i]);
    if (c == '?' || c == '#') {
      return absl::InvalidArgumentError(
          absl::StrCat(Quote(pattern), " holds a '", std::string(1, pattern[i]),
                       "'; write the path alone, without query and fragment"));
    }
    if (c <= ' ' || c >= 0x7f) {
      return absl::InvalidArgumentError(
          absl::StrCat(Quote(pattern), " holds a character that clients send percent-encoded; ",
                       "write it so, such as /caf%C3%A9"));
    }
    if (c == '*' && i + 1 != pattern.size()) {
      return absl::InvalidArgumentError(
          absl::StrCat(Quote(pattern), " holds a '*' that is not at its end; write {name} for one ",
                       "segment, or end the path with '*'"));
    }
  }
  return absl::OkStatus();
}

absl::StatusOr<Segment> ParseSegment(std::string_view pattern, std::string_view text) {
  const bool braces = text.find_first_of("{}") != std::string_view::npos;
  if (!braces) {
    if (!text.empty() && text.back() == '*') {
      return Segment{Kind::kRest, std::string(text.substr(0, text.size() - 1))};
    }
    return Segment{Kind::kLiteral, std::string(text)};
  }
  if (text.size() < 2 || text.front() != '{' || text.back() != '}' ||
      text.substr(1, text.size() - 2).find_first_of("{}") != std::string_view::npos) {
    return absl::InvalidArgumentError(
        absl::StrCat(Quote(pattern), " holds ", Quote(text),
                     "; a parameter is a whole segment, such as /rooms/{room}"));
  }
  const std::string_view name = text.substr(1, text.size() - 2);
  if (!IsName(name)) {
    return absl::InvalidArgumentError(
        absl::StrCat(Quote(pattern), " names a parameter ", Quote(name),
                     "; write letters, digits and '_', and no digit first"));
  }
  if (name == kPathName) {
    return absl::InvalidArgumentError(
        absl::StrCat(Quote(pattern), " names a parameter \"path\", which in templates means the ",
                     "whole path; choose another name"));
  }
  return Segment{Kind::kParam, std::string(name)};
}

// Negative, zero or positive as `a` goes before, with or after `b`.
int Compare(const Segment& a, const Segment& b) {
  if (a.kind != b.kind) return static_cast<int>(a.kind) - static_cast<int>(b.kind);
  if (a.kind == Kind::kParam) return 0;
  if (a.kind == Kind::kRest && a.text.size() != b.text.size()) {
    return a.text.size() > b.text.size() ? -1 : 1;
  }
  return a.text.compare(b.text);
}

// Calls `literal` with each piece of plain text and `name` with what stands in each pair of braces.
// False, with the place in `*bad`, where braces do not pair.
template <typename OnLiteral, typename OnName>
bool VisitTemplate(std::string_view text, OnLiteral literal, OnName name, std::string_view* bad) {
  while (!text.empty()) {
    const size_t open = std::min(text.find_first_of("{}"), text.size());
    if (open > 0) literal(text.substr(0, open));
    text.remove_prefix(open);
    if (text.empty()) break;
    const size_t close = text.find_first_of("{}", 1);
    if (text.front() == '}' || close == std::string_view::npos || text[close] == '{') {
      *bad = text;
      return false;
    }
    name(text.substr(1, close - 1));
    text.remove_prefix(close + 1);
  }
  return true;
}

}  // namespace

absl::StatusOr<PathPattern> PathPattern::Parse(std::string_view pattern) {
  if (pattern.empty() || pattern.front() != '/') {
    return absl::InvalidArgumentError(
        absl::StrCat(Quote(pattern), " does not begin with '/'; write a path such as /chat"));
  }
  if (pattern.size() > kMaxPatternBytes) {
    return absl::InvalidArgumentError(absl::StrCat(
        "the path has ", pattern.size(), " bytes; it may have at most ", kMaxPatternBytes));
  }
  if (absl::Status status = CheckCharacters(pattern); !status.ok()) return status;

  PathPattern result;
  result.text_ = std::string(pattern);
  for (std::string_view rest = pattern; !rest.empty();) {
    absl::StatusOr<Segment> segment = ParseSegment(pattern, TakeSegment(&rest));
    if (!segment.ok()) return segment.status();
    if (segment->kind == Kind::kParam && std::find(result.segments_.begin(), result.segments_.end(),
                                                   *segment) != result.segments_.end()) {
      return absl::InvalidArgumentError(absl::StrCat(Quote(pattern), " names the parameter {",
                                                     segment->text,
                                                     "} twice; give each its own name"));
    }
    result.segments_.push_back(*std::move(segment));
  }
  return result;
}

bool PathPattern::Match(std::string_view path, Params* out) const {
  if (path.empty() || path.front() != '/') return false;
  std::vector<std::string_view> values;
  std::string_view rest = path;
  for (const Segment& segment : segments_) {
    if (rest.empty()) return false;
    if (segment.kind == Kind::kRest) {
      if (!rest.substr(1).starts_with(segment.text)) return false;
      rest = {};
      break;
    }
    const std::string_view text = TakeSegment(&rest);
    if (segment.kind == Kind::kLiteral) {
      if (text != segment.text) return false;
    } else {
      if (text.empty()) return false;
      if (out != nullptr) values.push_back(text);
    }
  }
  if (!rest.empty()) return false;
  if (out == nullptr) return true;
  out->clear();
  size_t next = 0;
  for (const Segment& segment : segments_) {
    if (segment.kind == Kind::kParam) out->emplace_back(segment.text, std::string(values[next++]));
  }
  return true;
}

bool PathPattern::MoreSpecificThan(const PathPattern& other) const {
  const size_t common = std::min(segments_.size(), other.segments_.size());
  for (size_t i = 0; i < common; ++i) {
    const int order = Compare(segments_[i], other.segments_[i]);
    if (order != 0) return order < 0;
  }
  return segments_.size() < other.segments_.size();
}

bool PathPattern::IsExact() const {
  return std::all_of(segments_.begin(), segments_.end(),
                     [](const Segment& segment) { return segment.kind == Kind::kLiteral; });
}

std::vector<std::string> PathPattern::param_names() const {
  std::vector<std::string> names;
  for (const Segment& segment : segments_) {
    if (segment.kind == Kind::kParam) names.push_back(segment.text);
  }
  return names;
}

absl::Status CheckTemplate(std::string_view text, const std::vector<std::string>& params) {
  std::optional<std::string_view> unknown;
  std::string_view bad;
  const bool paired = VisitTemplate(
      text, [](std::string_view) {},
      [&](std::string_view name) {
        const bool known =
            name == kPathName || std::find(params.begin(), params.end(), name) != params.end();
        if (!known && !unknown) unknown = name;
      },
      &bad);
  if (!paired) {
    return absl::InvalidArgumentError(absl::StrCat(Quote(text), " has a brace without its pair at ",
                                                   Quote(bad), "; write {name}"));
  }
  if (unknown) {
    std::vector<std::string> known;
    known.reserve(params.size() + 1);
    for (const std::string& name : params) known.push_back(absl::StrCat("{", name, "}"));
    known.push_back("{path}");
    return absl::InvalidArgumentError(absl::StrCat(Quote(text), " names {", PlainText(*unknown),
                                                   "}, which the path does not have; it may name ",
                                                   absl::StrJoin(known, ", ")));
  }
  return absl::OkStatus();
}

std::string ExpandTemplate(std::string_view text, const Params& params, std::string_view path) {
  std::string result;
  std::string_view bad;
  const auto append = [&](std::string_view piece) { result.append(piece); };
  const auto expand = [&](std::string_view name) {
    if (name == kPathName) return append(path);
    for (const auto& [param, value] : params) {
      if (param == name) return append(value);
    }
    absl::StrAppend(&result, "{", std::string(name), "}");
  };
  if (!VisitTemplate(text, append, expand, &bad)) result.append(bad);
  return result;
}

}  // namespace hookcast::config
