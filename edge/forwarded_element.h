#pragma once

#include <string>
#include <string_view>

namespace hookcast::edge {

// One element of a Forwarded header (RFC 7239, section 4): what one proxy says of who came to it.
// Other parameters are not kept; empty ones are left out.
struct ForwardedElement {
  std::string from;   // "for": an address, "unknown" or "_name", unquoted
  std::string proto;  // "http", "https"

  // False, and nothing set, for what breaks the grammar. More is taken than a token may hold where
  // it is not quoted, as proxies leave quotes out.
  static bool Parse(std::string_view text, ForwardedElement* element);
};

}  // namespace hookcast::edge
