#include "broker/config/key.h"

#include <algorithm>

#include "absl/strings/str_cat.h"
#include "absl/strings/str_join.h"
#include "broker/config/nearest.h"
#include "broker/config/quote.h"

namespace hookcast::config {
namespace {

// The one of `names` whose last part is `given` or a slip of it, in whatever group; empty if none.
std::string FindElsewhere(std::string_view given, const std::vector<std::string>& names) {
  std::vector<std::string> lasts;
  lasts.reserve(names.size());
  for (const std::string& name : names) lasts.push_back(name.substr(name.rfind('.') + 1));
  const Nearest nearest = FindNearest(given, lasts);
  if (!nearest.close) return "";
  return names[std::find(lasts.begin(), lasts.end(), nearest.name) - lasts.begin()];
}

}  // namespace

Reading Reading::Below(std::string_view name) const {
  Reading below = *this;
  if (!below.key.empty()) below.key.push_back('.');
  below.key.append(PlainText(name));
  return below;
}

Reading Reading::Entry(size_t index) const {
  Reading entry = *this;
  absl::StrAppend(&entry.key, "[", index, "]");
  return entry;
}

std::string KindName(const YamlNode& node) {
  switch (node.kind) {
    case YamlNode::Kind::kNull:
      return "empty";
    case YamlNode::Kind::kScalar:
      return "text";
    case YamlNode::Kind::kSequence:
      return "a list";
    case YamlNode::Kind::kMapping:
      return "a mapping";
  }
  return "";
}

std::string UnknownKeyText(std::string_view given, std::string_view group,
                           const std::vector<std::string>& names, std::string_view above) {
  std::vector<std::string> siblings;
  for (const std::string& name : names) {
    if (!name.starts_with(group)) continue;
    std::string sibling = name.substr(group.size());
    sibling = sibling.substr(0, sibling.find('.'));
    if (siblings.empty() || siblings.back() != sibling) siblings.push_back(std::move(sibling));
  }
  if (given.find('.') != std::string_view::npos) {
    const Nearest nearest = FindNearest(given, names);
    return absl::StrCat("is not a key; keys with dots are written nested, as in { ",
                        nearest.name.substr(0, nearest.name.find('.')), ": { ... } }");
  }
  const Nearest nearest = FindNearest(given, siblings);
  if (nearest.close) {
    return absl::StrCat("unknown key; did you mean ", std::string(above), nearest.name, "?");
  }
  if (const std::string elsewhere = FindElsewhere(given, names); !elsewhere.empty()) {
    return absl::StrCat("unknown key; did you mean ", elsewhere, "?");
  }
  std::vector<std::string> all;
  for (const KeyFacts& facts : AllKeys()) all.push_back(facts.name);
  if (const std::string elsewhere = FindElsewhere(given, all); !elsewhere.empty()) {
    return absl::StrCat("unknown key; did you mean ", elsewhere, "?");
  }
  return absl::StrCat("unknown key; known here: ", absl::StrJoin(siblings, ", "));
}

}  // namespace hookcast::config
