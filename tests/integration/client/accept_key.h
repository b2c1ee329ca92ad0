// The key exchange of a WebSocket handshake (RFC 6455 section 4.2.2), written apart from the
// product's.

#ifndef HOOKCAST_TESTS_INTEGRATION_CLIENT_ACCEPT_KEY_H_
#define HOOKCAST_TESTS_INTEGRATION_CLIENT_ACCEPT_KEY_H_

#include <string>
#include <string_view>

namespace hookcast::testing {

// A fresh Sec-WebSocket-Key: 16 random bytes in base64.
std::string NewWebSocketKey();

// The Sec-WebSocket-Accept that answers `key`.
std::string WebSocketAccept(std::string_view key);

}  // namespace hookcast::testing

#endif  // HOOKCAST_TESTS_INTEGRATION_CLIENT_ACCEPT_KEY_H_
