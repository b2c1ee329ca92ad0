#pragma once

#include <cstddef>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

#include "absl/status/status.h"
#include "absl/status/statusor.h"

namespace hookcast::config {

// Longest path a route may have, in bytes; a namespace that is the path stays within its limit.
inline constexpr size_t kMaxPatternBytes = 1024;

// Names and values of a path's `{param}`s, in the order of the path, values as the client sent
// them.
using Params = std::vector<std::pair<std::string, std::string>>;

// The path of a route: literal segments, `{name}` for one segment that is not empty, and at the end
// `*` for whatever follows, nothing included ("/a/*" matches "/a/", not "/a"; "/a*" matches both).
// Paths are compared byte by byte, undecoded; "/a" and "/a/" differ.
//
// Thread: any; immutable.
class PathPattern {
 public:
  struct Segment {
    enum class Kind { kLiteral, kParam, kRest };
    Kind kind;
    std::string text;  // the literal; the param's name; what stands before `*` in its segment
    bool operator==(const Segment&) const = default;
  };

  // INVALID_ARGUMENT says what is wrong with `pattern` and what would be right.
  static absl::StatusOr<PathPattern> Parse(std::string_view pattern);

  // Whether `path` (no query) matches. Fills `out`, where it is not null, only if it does.
  bool Match(std::string_view path, Params* out) const;

  // Whether, of two patterns that match one path, this is the one to take: segment by segment, from
  // the left, literal before `{param}` before `*`, and of two `*` the longer text before it. A
  // strict weak order; patterns that are equal under it match the same paths.
  bool MoreSpecificThan(const PathPattern& other) const;

  // No `{param}` and no `*`.
  bool IsExact() const;

  const std::string& text() const { return text_; }
  const std::vector<Segment>& segments() const { return segments_; }
  std::vector<std::string> param_names() const;

 private:
  PathPattern() = default;

  std::string text_;
  std::vector<Segment> segments_;  // kRest only as the last
};

// Whether `text` is a template that may name `params` and `path`: OK, or INVALID_ARGUMENT that says
// what is wrong and what would be right.
absl::Status CheckTemplate(std::string_view text, const std::vector<std::string>& params);

// Replaces `{name}` by the value of that param and `{path}` by `path`, once: braces in values stay
// as they are. REQUIRES: CheckTemplate accepts `text` for the pattern that made `params`; a name
// that is unknown all the same is left as written.
std::string ExpandTemplate(std::string_view text, const Params& params, std::string_view path);

}  // namespace hookcast::config
