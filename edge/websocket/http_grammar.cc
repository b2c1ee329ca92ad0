#include "edge/websocket/http_grammar.h"

#include <algorithm>
#include <array>
#include <cstdint>

namespace hookcast::websocket {
namespace {

constexpr uint8_t kTchar = 1;
constexpr uint8_t kRegName = 2;  // unreserved / sub-delims of RFC 3986
constexpr uint8_t kHexDigit = 4;

constexpr std::array<uint8_t, 256> kClasses = [] {
  std::array<uint8_t, 256> classes{};
  const auto add = [&](std::string_view chars, uint8_t bits) {
    for (const char c : chars) classes[static_cast<uint8_t>(c)] |= bits;
  };
  add("abcdefghijklmnopqrstuvwxyzABCDEFGHIJKLMNOPQRSTUVWXYZ0123456789", kTchar | kRegName);
  add("0123456789abcdefABCDEF", kHexDigit);
  add("!#$%&'*+-.^_`|~", kTchar);
  add("-._~!$&'()*+,;=", kRegName);
  return classes;
}();

bool Is(uint8_t bits, char c) { return (kClasses[static_cast<uint8_t>(c)] & bits) != 0; }

bool IsSpace(char c) { return c == ' ' || c == '\t'; }
bool IsDigit(char c) { return c >= '0' && c <= '9'; }
char Lower(char c) { return c >= 'A' && c <= 'Z' ? static_cast<char>(c + ('a' - 'A')) : c; }

bool IsRegName(std::string_view host) {
  for (size_t i = 0; i < host.size(); ++i) {
    if (Is(kRegName, host[i])) continue;
    if (host[i] != '%' || host.size() - i < 3) return false;
    if (!Is(kHexDigit, host[i + 1]) || !Is(kHexDigit, host[i + 2])) return false;
    i += 2;
  }
  return !host.empty();
}

// Reads one line of extensions from front to back.
class ExtensionReader {
 public:
  explicit ExtensionReader(std::string_view line) : rest_(line) {}

  bool Read(absl::FunctionRef<void(const Extension&)> take) {
    for (;;) {
      while (Take(',')) {
      }
      if (rest_.empty()) return true;
      if (!ReadOne()) return false;
      if (!rest_.empty() && rest_.front() != ',') return false;
      take(extension_);
    }
  }

 private:
  bool ReadOne() {
    extension_.parameters.clear();
    if (!Token(&extension_.name)) return false;
    while (Take(';')) {
      Extension::Parameter& parameter = extension_.parameters.emplace_back();
      if (!Token(&parameter.name)) return false;
      if (Take('=') && !ReadValue(&parameter.value.emplace())) return false;
    }
    return true;
  }

  bool ReadValue(std::string* value) {
    if (Take('"')) return QuotedToken(value);
    std::string_view token;
    if (!Token(&token)) return false;
    value->assign(token);
    return true;
  }

  // Each reads the spaces around what it takes.
  bool Take(char c) {
    SkipSpace();
    if (rest_.empty() || rest_.front() != c) return false;
    rest_.remove_prefix(1);
    if (c != '"') SkipSpace();
    return true;
  }

  bool Token(std::string_view* token) {
    size_t length = 0;
    while (length < rest_.size() && Is(kTchar, rest_[length])) ++length;
    *token = rest_.substr(0, length);
    rest_.remove_prefix(length);
    SkipSpace();
    return length > 0;
  }

  // After the first quote. What is quoted must be a token once the escapes are gone (section 9.1).
  bool QuotedToken(std::string* value) {
    while (!rest_.empty() && rest_.front() != '"') {
      if (rest_.front() == '\\') rest_.remove_prefix(1);
      if (rest_.empty() || !Is(kTchar, rest_.front())) return false;
      value->push_back(rest_.front());
      rest_.remove_prefix(1);
    }
    return !value->empty() && Take('"') && (SkipSpace(), true);
  }

  void SkipSpace() {
    while (!rest_.empty() && IsSpace(rest_.front())) rest_.remove_prefix(1);
  }

  std::string_view rest_;
  Extension extension_;
};

}  // namespace

bool IsToken(std::string_view text) {
  return !text.empty() &&
         std::all_of(text.begin(), text.end(), [](char c) { return Is(kTchar, c); });
}

std::string_view TrimSpace(std::string_view text) {
  while (!text.empty() && IsSpace(text.front())) text.remove_prefix(1);
  while (!text.empty() && IsSpace(text.back())) text.remove_suffix(1);
  return text;
}

bool EqualsIgnoringCase(std::string_view a, std::string_view b) {
  return std::equal(a.begin(), a.end(), b.begin(), b.end(),
                    [](char x, char y) { return Lower(x) == Lower(y); });
}

bool NextListElement(std::string_view* list, std::string_view* element) {
  while (!list->empty()) {
    const size_t comma = std::min(list->find(','), list->size());
    *element = TrimSpace(list->substr(0, comma));
    list->remove_prefix(std::min(comma + 1, list->size()));
    if (!element->empty()) return true;
  }
  return false;
}

bool IsHost(std::string_view text) {
  size_t host_end = 0;
  if (text.starts_with('[')) {
    const size_t bracket = text.find(']');
    if (bracket == std::string_view::npos || bracket < 2) return false;
    const std::string_view literal = text.substr(1, bracket - 1);
    if (!std::all_of(literal.begin(), literal.end(),
                     [](char c) { return Is(kRegName, c) || c == ':'; })) {
      return false;
    }
    host_end = bracket + 1;
  } else {
    host_end = std::min(text.find(':'), text.size());
    if (!IsRegName(text.substr(0, host_end))) return false;
  }
  std::string_view port = text.substr(host_end);
  if (port.empty()) return true;
  if (port.front() != ':') return false;
  port.remove_prefix(1);
  return std::all_of(port.begin(), port.end(), IsDigit);
}

bool IsHandshakeTarget(std::string_view target) {
  const bool plain = std::all_of(target.begin(), target.end(),
                                 [](char c) { return c > 0x20 && c < 0x7F && c != '#'; });
  if (!plain) return false;
  if (target.starts_with('/')) return true;
  for (const std::string_view scheme : {"http://", "https://"}) {
    if (!EqualsIgnoringCase(target.substr(0, scheme.size()), scheme)) continue;
    const std::string_view rest = target.substr(scheme.size());
    return IsHost(rest.substr(0, rest.find_first_of("/?")));
  }
  return false;
}

bool ReadExtensions(std::string_view line, absl::FunctionRef<void(const Extension&)> take) {
  return ExtensionReader(TrimSpace(line)).Read(take);
}

}  // namespace hookcast::websocket
