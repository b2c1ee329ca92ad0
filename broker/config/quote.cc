#include "broker/config/quote.h"

#include "broker/config/redact.h"

namespace hookcast::config {
namespace {

constexpr size_t kShownBytes = 80;

// Bytes of the UTF-8 character at the front of `text`, 0 where there is none (RFC 3629).
size_t CharacterBytes(std::string_view text) {
  const auto byte = [&](size_t i) { return static_cast<unsigned char>(text[i]); };
  const unsigned char first = byte(0);
  if (first < 0x80) return 1;
  const size_t size = first < 0xc2 ? 0 : first < 0xe0 ? 2 : first < 0xf0 ? 3 : first < 0xf5 ? 4 : 0;
  if (size == 0 || text.size() < size) return 0;
  for (size_t i = 1; i < size; ++i) {
    if ((byte(i) & 0xc0) != 0x80) return 0;
  }
  const bool overlong = (first == 0xe0 && byte(1) < 0xa0) || (first == 0xf0 && byte(1) < 0x90);
  const bool surrogate = first == 0xed && byte(1) >= 0xa0;
  const bool beyond = first == 0xf4 && byte(1) >= 0x90;
  return overlong || surrogate || beyond ? 0 : size;
}

void AppendEscaped(unsigned char c, std::string* out) {
  constexpr std::string_view kHex = "0123456789abcdef";
  if (c == '\n') {
    out->append("\\n");
  } else if (c == '\t') {
    out->append("\\t");
  } else {
    out->append("\\x");
    out->push_back(kHex[c >> 4]);
    out->push_back(kHex[c & 0xf]);
  }
}

}  // namespace

std::string PlainText(std::string_view text) {
  std::string redacted;
  if (text.find("://") != std::string_view::npos && text.find('@') != std::string_view::npos) {
    redacted = RedactUrl(text);
    text = redacted;
  }
  std::string result;
  while (!text.empty()) {
    const size_t size = CharacterBytes(text);
    if (result.size() + size > kShownBytes) return result + "...";
    const auto first = static_cast<unsigned char>(text.front());
    // C1 controls, two bytes from 0xc2 0x80 to 0xc2 0x9f, move a terminal's cursor too.
    const bool c1 = size == 2 && first == 0xc2 && static_cast<unsigned char>(text[1]) < 0xa0;
    if (size == 0 || first < ' ' || first == 0x7f) {
      AppendEscaped(first, &result);
      text.remove_prefix(1);
      continue;
    }
    if (c1) {
      AppendEscaped(static_cast<unsigned char>(text[1]), &result);
    } else {
      result.append(text.substr(0, size));
    }
    text.remove_prefix(size);
  }
  return result;
}

std::string Quote(std::string_view text) { return "\"" + PlainText(text) + "\""; }

std::optional<size_t> FindInvalidUtf8(std::string_view text) {
  for (size_t at = 0; at < text.size();) {
    const size_t size = CharacterBytes(text.substr(at));
    if (size == 0) return at;
    at += size;
  }
  return std::nullopt;
}

}  // namespace hookcast::config
