#pragma once

#include <yaml-cpp/emitter.h>

#include <functional>
#include <string>
#include <string_view>
#include <unordered_map>
#include <utility>
#include <vector>

#include "broker/config/keys.h"
#include "broker/config/mistakes.h"
#include "broker/config/yaml_tree.h"

namespace hookcast::config {

// The engine behind keys.cc: tables of keys of a struct, and what walks a YAML mapping by them.

// What is being read: the full key so far, and where findings go. Cheap to copy but for the key.
struct Reading {
  std::string key;  // "routes[2].static"
  const std::string* source;
  Origins* origins;
  Mistakes* mistakes;

  Place PlaceOf(const YamlNode& node) const { return {*source, node.line, node.column}; }
  void Mistake(const YamlNode& at, std::string_view text) const {
    mistakes->Add(PlaceOf(at), key, text);
  }
  Reading Below(std::string_view name) const;  // "routes[2]" and "path": "routes[2].path"
  Reading Entry(size_t index) const;           // "routes" and 2: "routes[2]"
};

// One key of the struct T. Its name is relative to T's own mapping and holds dots where it is in a
// group ("limits.message").
template <typename T>
struct Key {
  KeyFacts facts;
  // `name` is the key's own node, for the place of a value that is missing.
  std::function<void(const YamlNode& name, const YamlNode& value, const Reading&, T*)> read;
  std::function<void(const T&, YAML::Emitter*)> write;
  // Whether the key has a meaning for this T; it is not written otherwise.
  std::function<bool(const T&)> applies = [](const T&) { return true; };
};

template <typename T>
using KeyTable = std::vector<Key<T>>;

// "empty", "text", "a list", "a mapping".
std::string KindName(const YamlNode& node);

// What to say of a name that `names`, the table's, do not have in `group` ("" or "limits."). With
// `above`, what the full key has in front of the name ("log."), it names the full key.
std::string UnknownKeyText(std::string_view given, std::string_view group,
                           const std::vector<std::string>& names, std::string_view above = {});

// Calls `visit(name, value, reading)` for each pair of `mapping` once its name is known to be one
// piece of text that was not given before; tells what is not.
template <typename Visit>
void ForEachPair(const YamlNode& mapping, const Reading& reading, Visit visit) {
  std::unordered_map<std::string_view, const YamlNode*> seen;
  for (size_t i = 0; i + 1 < mapping.items.size(); i += 2) {
    const YamlNode& name = mapping.items[i];
    if (name.kind != YamlNode::Kind::kScalar) {
      reading.Mistake(name, "a key is " + KindName(name) + "; write a name");
      continue;
    }
    const Reading below = reading.Below(name.text);
    const auto [first, added] = seen.emplace(name.text, &name);
    if (!added) {
      below.Mistake(name, "is given twice, first at " + reading.PlaceOf(*first->second).ToString() +
                              "; keep one of them");
      continue;
    }
    visit(name, mapping.items[i + 1], below);
  }
}

// Sets in `*out` what `mapping` says, by the keys of `table` whose names begin with `group`.
template <typename T>
void ReadMapping(const YamlNode& mapping, std::string_view group, const KeyTable<T>& table,
                 const Reading& reading, T* out) {
  if (mapping.kind == YamlNode::Kind::kNull) return;  // all of it is commented out
  if (mapping.kind != YamlNode::Kind::kMapping) {
    reading.Mistake(mapping, "is " + KindName(mapping) + "; write a mapping of keys to values");
    return;
  }
  ForEachPair(mapping, reading, [&](const YamlNode& name, const YamlNode& value, Reading below) {
    const std::string full = std::string(group) + name.text;
    const bool dotted = name.text.find('.') != std::string::npos;
    for (const Key<T>& key : table) {
      if (dotted) break;
      const std::string& known = key.facts.name;
      if (!known.starts_with(full)) continue;
      if (known.size() == full.size()) {
        below.origins->Set(below.key,
                           below.PlaceOf(value.kind == YamlNode::Kind::kNull ? name : value));
        return key.read(name, value, below, out);
      }
      if (known[full.size()] == '.') {
        below.origins->Set(below.key, below.PlaceOf(name));
        return ReadMapping(value, full + ".", table, below, out);
      }
    }
    if (below.mistakes->full()) return below.Mistake(name, "unknown key");
    std::vector<std::string> names;
    for (const Key<T>& key : table) names.push_back(key.facts.name);
    // In a file a key stands in its group; elsewhere it is written whole.
    const std::string above =
        name.line == 0 ? below.key.substr(0, below.key.rfind('.') + 1) : std::string();
    below.Mistake(name, UnknownKeyText(name.text, group, names, above));
  });
}

// Writes the keys of `table` from `*at` on whose names begin with `group`, as pairs of a mapping
// that is open. Keys of one group stand together in the table.
template <typename T>
void WriteKeys(const KeyTable<T>& table, size_t* at, std::string_view group, const T& value,
               YAML::Emitter* out) {
  while (*at < table.size() && table[*at].facts.name.starts_with(group)) {
    const Key<T>& key = table[*at];
    if (!key.applies(value)) {
      ++*at;
      continue;
    }
    const std::string name = key.facts.name.substr(group.size());
    const size_t dot = name.find('.');
    *out << YAML::Key << name.substr(0, dot) << YAML::Value;
    if (dot == std::string::npos) {
      key.write(value, out);
      ++*at;
    } else {
      *out << YAML::BeginMap;
      WriteKeys(table, at, std::string(group) + name.substr(0, dot + 1), value, out);
      *out << YAML::EndMap;
    }
  }
}

template <typename T>
void WriteMapping(const KeyTable<T>& table, const T& value, YAML::Emitter* out) {
  *out << YAML::BeginMap;
  size_t at = 0;
  WriteKeys(table, &at, "", value, out);
  *out << YAML::EndMap;
}

}  // namespace hookcast::config
