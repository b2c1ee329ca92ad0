#pragma once

#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "absl/functional/function_ref.h"

namespace hookcast::websocket {

// The parts of HTTP's grammar that a handshake needs: RFC 9110, section 5.6, and RFC 3986. All
// pure.
//
// Thread: any.

// 1*tchar.
bool IsToken(std::string_view text);

// Without the spaces and tabs at both ends.
std::string_view TrimSpace(std::string_view text);

// ASCII letters are equal in either case.
bool EqualsIgnoringCase(std::string_view a, std::string_view b);

// Takes the next element, trimmed, off the front of a comma-separated list. Empty elements are
// skipped. False where none is left. Knows no quoted strings.
bool NextListElement(std::string_view* list, std::string_view* element);

// uri-host [ ":" port ], with a host that is not empty.
bool IsHost(std::string_view text);

// Origin-form ("/path?query"), or absolute-form with the scheme http or https; visible ASCII, no
// fragment.
bool IsHandshakeTarget(std::string_view target);

// One element of a Sec-WebSocket-Extensions list (RFC 6455, section 9.1).
struct Extension {
  struct Parameter {
    std::string_view name;
    std::optional<std::string> value;  // without the quotes and escapes it may have had
  };
  std::string_view name;
  std::vector<Parameter> parameters;  // in order, equal names too
};

// Calls `take` with each extension of one such line, in order; what it gets is gone after the call.
// False where the line breaks the grammar; `take` has seen what stands before that.
bool ReadExtensions(std::string_view line, absl::FunctionRef<void(const Extension&)> take);

}  // namespace hookcast::websocket
