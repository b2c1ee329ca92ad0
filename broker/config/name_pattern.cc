#include "broker/config/name_pattern.h"

#include <algorithm>
#include <tuple>
#include <utility>
#include <vector>

#include "broker/config/path_pattern.h"

namespace hookcast::config {
namespace {

// No UTF-8 holds them, and so no name of a namespace.
constexpr char kParameter = '\xfe';
constexpr char kRest = '\xff';
constexpr std::string_view kPlaces = "\xfe\xff";

std::string PlacesOf(const PathPattern& path) {
  std::string text;
  for (const PathPattern::Segment& segment : path.segments()) {
    text.push_back('/');
    switch (segment.kind) {
      case PathPattern::Segment::Kind::kLiteral:
        text.append(segment.text);
        break;
      case PathPattern::Segment::Kind::kParam:
        text.push_back(kParameter);
        break;
      case PathPattern::Segment::Kind::kRest:
        text.append(segment.text);
        text.push_back(kRest);
        break;
    }
  }
  return text;
}

}  // namespace

NamePattern::NamePattern(std::string text) : text_(std::move(text)) {
  prefix_ = std::min(text_.find_first_of(kPlaces), text_.size());
  if (!IsExact()) suffix_ = text_.size() - text_.find_last_of(kPlaces) - 1;
  parameters_ = static_cast<size_t>(std::count(text_.begin(), text_.end(), kParameter));
  rests_ = static_cast<size_t>(std::count(text_.begin(), text_.end(), kRest));
}

NamePattern NamePattern::OfName(std::string_view name) {
  std::string text(name);
  if (text.ends_with('*')) text.back() = kRest;
  return NamePattern(std::move(text));
}

NamePattern NamePattern::OfRoute(const Route& route) {
  const absl::StatusOr<PathPattern> path = PathPattern::Parse(route.path);
  if (!path.ok()) return NamePattern(std::string(1, kParameter));
  std::string places = PlacesOf(*path);
  if (route.namespace_template.empty()) return NamePattern(std::move(places));
  Params params;
  for (std::string& name : path->param_names()) {
    params.emplace_back(std::move(name), std::string(1, kParameter));
  }
  return NamePattern(ExpandTemplate(route.namespace_template, params, places));
}

bool NamePattern::Match(std::string_view name) const {
  if (IsExact()) return name == text_;
  if (name.size() < prefix_ + suffix_ || !name.starts_with(prefix()) || !name.ends_with(suffix())) {
    return false;
  }
  const std::string_view middle = name.substr(prefix_, name.size() - prefix_ - suffix_);
  if (parameters_ + rests_ > 1) return MatchPlaces(middle);
  return rests_ == 1 || (!middle.empty() && middle.find('/') == std::string_view::npos);
}

// Walks the pattern from its first place to its last, and with it all ends of what it can have
// matched so far.
bool NamePattern::MatchPlaces(std::string_view name) const {
  const std::string_view pattern =
      std::string_view(text_).substr(prefix_, text_.size() - prefix_ - suffix_);
  std::vector<char> ends(name.size() + 1, 0);
  ends[0] = 1;
  for (const char c : pattern) {
    char before = 0;  // some end stands in front of here, and a place may reach here from it
    for (size_t i = 0; i <= name.size(); ++i) {
      const char was = ends[i];
      if (i > 0 && c == kParameter && name[i - 1] == '/') before = 0;
      if (c == kRest) {
        before |= was;
        ends[i] = before;
      } else if (c == kParameter) {
        ends[i] = before;
        before |= was;
      } else {
        ends[i] = static_cast<char>(i > 0 && before != 0 && name[i - 1] == c);
        before = was;
      }
    }
  }
  return ends[name.size()] != 0;
}

bool NamePattern::MoreSpecificThan(const NamePattern& other) const {
  const auto rank = [](const NamePattern& pattern) {
    return std::tuple(
        !pattern.IsExact(), -static_cast<ptrdiff_t>(pattern.prefix_),
        -static_cast<ptrdiff_t>(pattern.text_.size() - pattern.parameters_ - pattern.rests_),
        pattern.rests_);
  };
  return rank(*this) < rank(other);
}

}  // namespace hookcast::config
