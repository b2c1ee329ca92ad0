#include "broker/backplane/redis/redis_names.h"

#include "absl/strings/str_cat.h"

namespace hookcast::backplane {
namespace {

constexpr char kDigits[] = "0123456789ABCDEF";

bool IsEscaped(char c) {
  const auto byte = static_cast<unsigned char>(c);
  return c == '{' || c == '}' || c == '%' || byte < 0x20 || byte == 0x7f;
}

int DigitOf(char c) {
  if (c >= '0' && c <= '9') return c - '0';
  return c >= 'A' && c <= 'F' ? c - 'A' + 10 : -1;
}

std::string Prefixed(std::string_view prefix, std::string_view rest) {
  return std::string(prefix).append(rest);
}

}  // namespace

RedisNames::RedisNames(std::string_view prefix, Incarnation incarnation)
    : namespaces_(Prefixed(prefix, ":ns:")),
      announcements_(Prefixed(prefix, ":nodes")),
      own_(Prefixed(prefix, ":node:") + incarnation.ToString()) {}

std::string RedisNames::OfNamespace(std::string_view ns) const {
  std::string name;
  OfNamespace(ns, &name);
  return name;
}

void RedisNames::OfNamespace(std::string_view ns, std::string* out) const {
  out->assign(namespaces_);
  if (ns.empty()) out->push_back('%');
  for (const char c : ns) {
    if (!IsEscaped(c)) {
      out->push_back(c);
      continue;
    }
    const auto byte = static_cast<unsigned char>(c);
    out->push_back('%');
    out->push_back(kDigits[byte >> 4]);
    out->push_back(kDigits[byte & 15]);
  }
}

std::optional<std::string> RedisNames::NamespaceOf(std::string_view name) const {
  if (!IsOfNamespace(name)) return std::nullopt;
  const std::string_view escaped = name.substr(namespaces_.size());
  if (escaped == "%") return std::string();
  if (escaped.empty()) return std::nullopt;
  std::string ns;
  for (size_t i = 0; i < escaped.size(); ++i) {
    if (escaped[i] != '%') {
      if (IsEscaped(escaped[i])) return std::nullopt;
      ns.push_back(escaped[i]);
      continue;
    }
    if (i + 2 >= escaped.size()) return std::nullopt;
    const int high = DigitOf(escaped[i + 1]);
    const int low = DigitOf(escaped[i + 2]);
    if (high < 0 || low < 0) return std::nullopt;
    const char c = static_cast<char>(high * 16 + low);
    if (!IsEscaped(c)) return std::nullopt;  // a name is written in one way
    ns.push_back(c);
    i += 2;
  }
  return ns;
}

}  // namespace hookcast::backplane
