#pragma once

#include <yaml-cpp/emitter.h>

#include <algorithm>
#include <string>
#include <utility>
#include <vector>

#include "absl/status/statusor.h"
#include "absl/strings/str_cat.h"
#include "broker/config/key.h"
#include "broker/config/quote.h"

namespace hookcast::config {

// Makes keys of what a value looks like: one piece of text, a list of such, a list of mappings.

// What Scalar takes as `member`. The path of a member cannot stand in parentheses.
// NOLINTBEGIN(bugprone-macro-parentheses)
#define HOOKCAST_MEMBER(path) \
  [](auto& from) -> auto& { return from.path; }
// NOLINTEND(bugprone-macro-parentheses)

// ---- values that are one piece of text --------------------------------------------------------

// Whether `*out` was set; a mistake was told if not.
template <typename Type>
bool ReadScalar(const Type& type, const YamlNode& name, const YamlNode& value,
                const Reading& reading, typename Type::Value* out) {
  if (value.kind != YamlNode::Kind::kScalar) {
    const bool empty = value.kind == YamlNode::Kind::kNull;
    reading.Mistake(empty ? name : value,
                    absl::StrCat("is ", KindName(value), "; write: ", type.name()));
    return false;
  }
  absl::StatusOr<typename Type::Value> parsed = type.Parse(value.text);
  if (!parsed.ok()) {
    reading.Mistake(value, std::string(parsed.status().message()));
    return false;
  }
  *out = *std::move(parsed);
  return true;
}

// `member` gives a reference to the value inside a T, const or not.
template <typename T, typename Member, typename Type>
Key<T> Scalar(std::string name, Member member, Type type, std::string help) {
  Key<T> key;
  const T defaults;
  key.facts = {std::move(name), type.name(), type.unit(), type.Format(member(defaults)),
               std::move(help)};
  key.read = [member, type](const YamlNode& name, const YamlNode& value, const Reading& reading,
                            T* out) { ReadScalar(type, name, value, reading, &member(*out)); };
  key.write = [member, type](const T& value, YAML::Emitter* out) {
    *out << std::string(type.Format(member(value)));
  };
  return key;
}

// ---- lists of such values ---------------------------------------------------------------------

template <typename Type>
void ReadList(const Type& type, const YamlNode& name, const YamlNode& value, const Reading& reading,
              std::vector<typename Type::Value>* out) {
  if (value.kind != YamlNode::Kind::kSequence) {
    const bool empty = value.kind == YamlNode::Kind::kNull;
    return reading.Mistake(
        empty ? name : value,
        absl::StrCat("is ", KindName(value), "; write a list in brackets of: ", type.name()));
  }
  out->clear();
  for (size_t i = 0; i < value.items.size(); ++i) {
    const YamlNode& item = value.items[i];
    const Reading entry = reading.Entry(i);
    typename Type::Value parsed{};
    entry.origins->Set(entry.key, entry.PlaceOf(item));
    if (!ReadScalar(type, item, item, entry, &parsed)) continue;
    if (std::find(out->begin(), out->end(), parsed) != out->end()) {
      entry.Mistake(item, absl::StrCat(Quote(item.text), " is named twice; name it once"));
      continue;
    }
    out->push_back(std::move(parsed));
  }
}

template <typename Type>
void WriteList(const Type& type, const std::vector<typename Type::Value>& values,
               YAML::Emitter* out) {
  *out << YAML::Flow << YAML::BeginSeq;
  for (const auto& value : values) *out << std::string(type.Format(value));
  *out << YAML::EndSeq;
}

// `get` makes the list of a T, `set` takes it back.
template <typename T, typename Type, typename Get, typename Set>
Key<T> List(std::string name, Type type, Get get, Set set, std::string help) {
  Key<T> key;
  YAML::Emitter defaults;
  WriteList(type, get(T()), &defaults);
  key.facts = {std::move(name), absl::StrCat("list of: ", type.name()),
               type.unit(),     defaults.c_str(),
               std::move(help), /*scalar=*/false};
  key.read = [get, set, type](const YamlNode& name, const YamlNode& value, const Reading& reading,
                              T* out) {
    std::vector<typename Type::Value> values = get(*out);
    ReadList(type, name, value, reading, &values);
    set(out, std::move(values));
  };
  key.write = [get, type](const T& value, YAML::Emitter* out) { WriteList(type, get(value), out); };
  return key;
}

// ---- lists of mappings ------------------------------------------------------------------------

// `what` are the entries; `example` is how a list of them is written.
template <typename T>
void ReadEntries(const YamlNode& name, const YamlNode& value, const Reading& reading,
                 const KeyTable<T>& table, const char* what, const char* example,
                 std::vector<T>* out) {
  if (value.kind != YamlNode::Kind::kNull && value.kind != YamlNode::Kind::kSequence) {
    return reading.Mistake(value, absl::StrCat("is ", KindName(value), "; write a list of ", what,
                                               ", such as ", example));
  }
  out->clear();
  reading.origins->Erase(reading.key);
  reading.origins->Set(reading.key,
                       reading.PlaceOf(value.kind == YamlNode::Kind::kNull ? name : value));
  out->reserve(value.items.size());
  for (size_t i = 0; i < value.items.size(); ++i) {
    const Reading entry = reading.Entry(i);
    entry.origins->Set(entry.key, entry.PlaceOf(value.items[i]));
    ReadMapping(value.items[i], "", table, entry, &out->emplace_back());
  }
}

template <typename T>
void WriteEntries(const KeyTable<T>& table, const std::vector<T>& entries, YAML::Emitter* out) {
  if (entries.empty()) *out << YAML::Flow;
  *out << YAML::BeginSeq;
  for (const T& entry : entries) WriteMapping(table, entry, out);
  *out << YAML::EndSeq;
}

}  // namespace hookcast::config
