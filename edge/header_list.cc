#include "edge/header_list.h"

#include <algorithm>

#include "absl/strings/match.h"
#include "edge/websocket/http_grammar.h"

namespace hookcast::edge {
namespace {

// Where the last comma outside of quoted strings stands, as seen from the end: a quote that stands
// open further left does not matter here.
size_t LastComma(std::string_view text) {
  bool quoted = false;
  for (size_t i = text.size(); i-- > 0;) {
    if (text[i] == ',' && !quoted) return i;
    if (text[i] != '"') continue;
    const size_t before = text.substr(0, i).find_last_not_of('\\');
    const size_t slashes = before == std::string_view::npos ? i : i - before - 1;
    if (!quoted || slashes % 2 == 0) quoted = !quoted;
  }
  return std::string_view::npos;
}

}  // namespace

HeaderListFromEnd::HeaderListFromEnd(const HttpHeaders& headers, std::string_view name) {
  for (const auto& [key, value] : headers) {
    if (websocket::EqualsIgnoringCase(key, name)) lines_.push_back(value);
  }
}

std::optional<std::string_view> HeaderListFromEnd::Next() {
  while (rest_ || !lines_.empty()) {
    if (!rest_) {
      rest_ = lines_.back();
      lines_.pop_back();
    }
    const size_t comma = LastComma(*rest_);
    std::string_view element = *rest_;
    if (comma == std::string_view::npos) {
      rest_.reset();
    } else {
      element = rest_->substr(comma + 1);
      rest_ = rest_->substr(0, comma);
    }
    element = websocket::TrimSpace(element);
    if (!element.empty()) return element;
  }
  return std::nullopt;
}

}  // namespace hookcast::edge
