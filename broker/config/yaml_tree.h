#pragma once

#include <cstddef>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

namespace hookcast::config {

// One node of a YAML document, with its place. Anchors and aliases are resolved. Unlike yaml-cpp's
// own nodes it keeps keys that are given twice, and every key's place.
struct YamlNode {
  enum class Kind { kNull, kScalar, kSequence, kMapping };

  Kind kind = Kind::kNull;
  std::string text;             // of a scalar
  std::vector<YamlNode> items;  // a sequence's; of a mapping key, value, key, value ...
  int line = 0;                 // from 1; 0: not from a file
  int column = 0;               // from 1
};

struct YamlError {
  std::string text;  // what is wrong; holds nothing of the document
  int line = 0;
  int column = 0;
};

// Bounds that a hostile document, such as one of nested aliases, meets before it costs anything. A
// node's configuration of 5,000 routes stays below a half of each.
inline constexpr size_t kMaxYamlNodes = 750'000;
inline constexpr size_t kMaxYamlBytes = 16 * 1024 * 1024;  // of scalars, after aliases
inline constexpr size_t kMaxYamlDepth = 32;

// Reads the one document in `text` into `*root`, which an empty text leaves null. Refuses text that
// is not UTF-8, control characters, tags, a second document, and what goes beyond the bounds above.
// Never throws.
std::optional<YamlError> ParseYaml(std::string_view text, YamlNode* root);

// Forgets the lines and columns of `node` and all below it.
void ClearPlaces(YamlNode* node);

// A scalar that is not from a file.
YamlNode ScalarNode(std::string text);

// `value` under `key`, whose dots separate nested mappings: "log.level" is { log: { level: value }
// }.
YamlNode NestUnder(std::string_view key, YamlNode value);

}  // namespace hookcast::config
