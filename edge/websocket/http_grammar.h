#pragma once

#include <cstddef>
#include <string_view>

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

// extension-list elements of one Sec-WebSocket-Extensions line (RFC 6455, section 9.1): false where
// it breaks the grammar, else *extensions grows by the number of them.
bool CountExtensions(std::string_view line, size_t* extensions);

}  // namespace hookcast::websocket
