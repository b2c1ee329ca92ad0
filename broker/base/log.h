#pragma once

#include <cstdint>
#include <initializer_list>
#include <string>
#include <string_view>
#include <type_traits>
#include <variant>

namespace hookcast::log {

enum class Level : uint8_t { kDebug, kInfo, kWarn, kError };
enum class Format : uint8_t { kJson, kText };

// One named value of a log line. Views are read before the call returns.
struct Field {
  using Value = std::variant<std::string_view, int64_t, uint64_t, double, bool>;

  Field(std::string_view key, std::string_view value) : key(key), value(value) {}
  Field(std::string_view key, const char* value) : key(key), value(std::string_view(value)) {}
  Field(std::string_view key, const std::string& value)
      : key(key), value(std::string_view(value)) {}
  Field(std::string_view key, bool value) : key(key), value(value) {}
  Field(std::string_view key, double value) : key(key), value(value) {}
  template <typename T, typename = std::enable_if_t<std::is_integral_v<T>>>
  Field(std::string_view key, T value)
      : key(key),
        value(std::is_signed_v<T> ? Value(static_cast<int64_t>(value))
                                  : Value(static_cast<uint64_t>(value))) {}

  std::string_view key;
  Value value;
};
using Fields = std::initializer_list<Field>;

// Sets what is written, and how, from now on. Before it: info, JSON. `node` is added to every line
// where it is not empty.
//
// Thread: main, while no other thread logs.
void Configure(Level level, Format format, std::string_view node);

// Adds the node's id to every line from now on. Thread: as Configure.
void SetNode(std::string_view node);

bool Enabled(Level level);

// Writes one line to standard error: a JSON object, or text for people. `message` is a constant
// sentence, what varies goes into fields. Never pass a token, a password or a query string. Bytes
// that are not UTF-8 are replaced.
//
// Thread: any.
void Write(Level level, std::string_view message, Fields fields = {});

inline void Debug(std::string_view message, Fields fields = {}) {
  if (Enabled(Level::kDebug)) Write(Level::kDebug, message, fields);
}
inline void Info(std::string_view message, Fields fields = {}) {
  Write(Level::kInfo, message, fields);
}
inline void Warn(std::string_view message, Fields fields = {}) {
  Write(Level::kWarn, message, fields);
}
inline void Error(std::string_view message, Fields fields = {}) {
  Write(Level::kError, message, fields);
}

}  // namespace hookcast::log
