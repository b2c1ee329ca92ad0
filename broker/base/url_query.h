#pragma once

#include <string>
#include <string_view>
#include <vector>

namespace hookcast {

// The values that the query of a URL (what stands behind the '?') gives a name, in order: by the
// rules of application/x-www-form-urlencoded (WHATWG URL, section 5.1), '&' between the pairs, '+'
// for a space, percent-encoded bytes in names and values; a '%' without two hex digits stands for
// itself. A pair without '=' has an empty value.
//
// The values are bytes as the client chose them, NUL and broken UTF-8 among them.
//
// Thread: any.
std::vector<std::string> QueryValues(std::string_view query, std::string_view name);

}  // namespace hookcast
