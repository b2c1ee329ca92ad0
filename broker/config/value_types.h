#pragma once

#include <cstddef>
#include <cstdint>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

#include "absl/status/statusor.h"
#include "absl/strings/str_cat.h"
#include "broker/base/ip_network.h"
#include "broker/config/config.h"
#include "broker/config/nearest.h"
#include "broker/config/origin_pattern.h"
#include "broker/config/quote.h"
#include "broker/config/redact.h"
#include "broker/config/topic_pattern.h"
#include "broker/config/value_text.h"

namespace hookcast::config {

// What a key's value may be: its C++ type, its name and unit for people, its text and its range.
// Parse gives INVALID_ARGUMENT with what is wrong and what would be right.

// `value` where it lies in [least, most].
template <typename Type, typename Value>
absl::StatusOr<Value> InRange(const Type& type, std::string_view text, Value value) {
  if (value >= type.least && value <= type.most) return value;
  return absl::InvalidArgumentError(absl::StrCat(Quote(text), " is out of range; write ",
                                                 type.Format(type.least), " to ",
                                                 type.Format(type.most)));
}

struct DurationType {
  using Value = Duration;
  Duration least, most;
  std::string name() const {
    return absl::StrCat("duration, ", Format(least), " to ", Format(most));
  }
  std::string unit() const { return "ms, s, m or h"; }
  std::string Format(Duration value) const { return FormatDuration(value); }
  absl::StatusOr<Duration> Parse(std::string_view text) const {
    const absl::StatusOr<Duration> value = ParseDuration(text);
    return value.ok() ? InRange(*this, text, *value) : value;
  }
};

struct SizeType {
  using Value = size_t;
  size_t least, most;
  std::string name() const { return absl::StrCat("size, ", Format(least), " to ", Format(most)); }
  std::string unit() const { return "bytes, KiB, MiB or GiB"; }
  std::string Format(size_t value) const { return FormatSize(value); }
  absl::StatusOr<size_t> Parse(std::string_view text) const {
    const absl::StatusOr<size_t> value = ParseSize(text);
    return value.ok() ? InRange(*this, text, *value) : value;
  }
};

struct IntegerType {
  using Value = int;
  int64_t least, most;
  std::string what;  // "topics"
  std::string name() const { return absl::StrCat("integer, ", least, " to ", most); }
  std::string unit() const { return what; }
  std::string Format(int64_t value) const { return absl::StrCat(value); }
  absl::StatusOr<int> Parse(std::string_view text) const {
    absl::StatusOr<int64_t> value = ParseInteger(text);
    if (value.ok()) value = InRange(*this, text, *value);
    if (!value.ok()) return value.status();
    return static_cast<int>(*value);
  }
};

struct BooleanType {
  using Value = bool;
  std::string name() const { return "true or false"; }
  std::string unit() const { return ""; }
  std::string Format(bool value) const { return value ? "true" : "false"; }
  absl::StatusOr<bool> Parse(std::string_view text) const { return ParseBoolean(text); }
};

struct AddressType {
  using Value = ListenAddress;
  std::string name() const { return "address:port"; }
  std::string unit() const { return ""; }
  std::string Format(const ListenAddress& value) const { return value.ToString(); }
  absl::StatusOr<ListenAddress> Parse(std::string_view text) const {
    return ParseListenAddress(text);
  }
};

struct TextType {
  using Value = std::string;
  std::string what;  // "gRPC target"
  bool may_be_empty = false;
  std::string name() const { return what; }
  std::string unit() const { return ""; }
  std::string Format(const std::string& value) const { return value; }
  absl::StatusOr<std::string> Parse(std::string_view text) const {
    if (!text.empty() || may_be_empty) return std::string(text);
    return absl::InvalidArgumentError(absl::StrCat("is empty; write a ", what));
  }
};

// What the Host header of a request may name, without its port.
struct HostNameType {
  using Value = std::string;
  std::string name() const { return "host name"; }
  std::string unit() const { return ""; }
  std::string Format(const std::string& value) const { return value; }
  absl::StatusOr<std::string> Parse(std::string_view text) const;
};

struct TopicPatternType {
  using Value = std::string;
  std::string name() const { return "topic, or how topics begin and '*'"; }
  std::string unit() const { return ""; }
  std::string Format(const std::string& value) const { return value; }
  absl::StatusOr<std::string> Parse(std::string_view text) const {
    const absl::Status status = CheckTopicPattern(text);
    if (!status.ok()) return status;
    return std::string(text);
  }
};

struct OriginType {
  using Value = std::string;
  std::string name() const { return "origin, \"https://*.example.com\", \"null\" or \"*\""; }
  std::string unit() const { return ""; }
  std::string Format(const std::string& value) const { return value; }
  absl::StatusOr<std::string> Parse(std::string_view text) const {
    const absl::StatusOr<OriginPattern> pattern = OriginPattern::Parse(text);
    if (!pattern.ok()) return pattern.status();
    return std::string(text);
  }
};

struct NetworkType {
  using Value = std::string;
  std::string name() const { return "network"; }
  std::string unit() const { return ""; }
  std::string Format(const std::string& value) const { return value; }
  absl::StatusOr<std::string> Parse(std::string_view text) const {
    const absl::StatusOr<IpNetwork> network = IpNetwork::Parse(text);
    if (network.ok()) return std::string(text);
    return absl::InvalidArgumentError(
        absl::StrCat(Quote(text), " ", std::string(network.status().message())));
  }
};

// Text that may hold a password: Format hides it.
struct SecretUrlType {
  using Value = std::string;
  std::string name() const { return "URL"; }
  std::string unit() const { return ""; }
  std::string Format(const std::string& value) const { return RedactUrl(value); }
  absl::StatusOr<std::string> Parse(std::string_view text) const { return std::string(text); }
};

// Text that is a password: Format hides it.
struct SecretType {
  using Value = std::string;
  std::string what;  // "password"
  std::string name() const { return what; }
  std::string unit() const { return ""; }
  std::string Format(const std::string& value) const { return value.empty() ? "" : "***"; }
  absl::StatusOr<std::string> Parse(std::string_view text) const { return std::string(text); }
};

// "a, b or c".
std::string OneOf(const std::vector<std::string>& names);

template <typename E>
struct EnumType {
  using Value = E;
  std::vector<std::pair<std::string, E>> values;

  std::vector<std::string> names() const {
    std::vector<std::string> result;
    for (const auto& [name, value] : values) result.push_back(name);
    return result;
  }
  std::string name() const { return OneOf(names()); }
  std::string unit() const { return ""; }
  std::string Format(E wanted) const {
    for (const auto& [name, value] : values) {
      if (value == wanted) return name;
    }
    return "";
  }
  absl::StatusOr<E> Parse(std::string_view text) const {
    for (const auto& [name, value] : values) {
      if (name == text) return value;
    }
    const Nearest nearest = FindNearest(text, names());
    const std::string hint =
        nearest.close ? absl::StrCat("; did you mean ", nearest.name, "?") : std::string();
    return absl::InvalidArgumentError(
        absl::StrCat(Quote(text), " is not known; write ", OneOf(names()), hint));
  }
};

}  // namespace hookcast::config
