#pragma once

#include <cstddef>
#include <string_view>

namespace hookcast {

inline constexpr size_t kMostHostAndPortBytes = 261;  // a name of 255, a colon and a port

// Whether the text is a host's name or address, an IPv6 one in brackets, a colon and a port that is
// not 0, and nothing else that gRPC would take for a target.
bool IsHostAndPort(std::string_view text);

}  // namespace hookcast
