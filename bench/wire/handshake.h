// The opening handshake of WebSocket (RFC 6455 section 4), as far as a benchmark needs it.

#ifndef HOOKCAST_BENCH_WIRE_HANDSHAKE_H_
#define HOOKCAST_BENCH_WIRE_HANDSHAKE_H_

#include <string>
#include <string_view>

namespace hookcast::bench {

// The Sec-WebSocket-Accept that answers `key`.
std::string AcceptValue(std::string_view key);

// The value of the first header `name` (lower case) in `head`, a request or response up to its
// empty line; "" where there is none.
std::string_view HeaderValue(std::string_view head, std::string_view name);

}  // namespace hookcast::bench

#endif  // HOOKCAST_BENCH_WIRE_HANDSHAKE_H_
