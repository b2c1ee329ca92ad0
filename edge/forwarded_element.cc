#include "edge/forwarded_element.h"

#include <algorithm>
#include <utility>

#include "edge/websocket/http_grammar.h"

namespace hookcast::edge {
namespace {

using websocket::EqualsIgnoringCase;
using websocket::TrimSpace;

// Takes a value off the front: a quoted string, or all to the next semicolon.
bool TakeValue(std::string_view* text, std::string* value) {
  if (!text->starts_with('"')) {
    const std::string_view plain = TrimSpace(text->substr(0, text->find(';')));
    text->remove_prefix(std::min(text->find(';'), text->size()));
    *value = plain;
    return !plain.empty() && plain.find_first_of("\" \t=") == std::string_view::npos;
  }
  for (size_t i = 1; i < text->size(); ++i) {
    if ((*text)[i] == '"') {
      *text = TrimSpace(text->substr(i + 1));
      return text->empty() || text->front() == ';';
    }
    if ((*text)[i] == '\\' && ++i == text->size()) return false;
    value->push_back((*text)[i]);
  }
  return false;
}

}  // namespace

bool ForwardedElement::Parse(std::string_view text, ForwardedElement* element) {
  ForwardedElement read;
  bool has_from = false;
  bool has_proto = false;
  while (true) {
    text = TrimSpace(text);
    if (text.starts_with(';')) {
      text.remove_prefix(1);
      continue;
    }
    if (text.empty()) break;
    const size_t equals = text.find('=');
    if (equals == std::string_view::npos) return false;
    const std::string_view name = text.substr(0, equals);
    if (!websocket::IsToken(name)) return false;
    text.remove_prefix(equals + 1);
    std::string value;
    if (!TakeValue(&text, &value)) return false;
    // Each may stand once: of two, one would be made up.
    if (EqualsIgnoringCase(name, "for")) {
      if (std::exchange(has_from, true)) return false;
      read.from = std::move(value);
    } else if (EqualsIgnoringCase(name, "proto")) {
      if (std::exchange(has_proto, true)) return false;
      read.proto = std::move(value);
    }
  }
  *element = std::move(read);
  return true;
}

}  // namespace hookcast::edge
