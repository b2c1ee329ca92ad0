#pragma once

#include <cstdint>
#include <span>
#include <string_view>

namespace hookcast {

// RFC 6455, section 7.4.1, and the IANA registry of WebSocket close codes.
inline constexpr uint16_t kCloseNormal = 1000;
inline constexpr uint16_t kCloseGoingAway = 1001;
inline constexpr uint16_t kCloseProtocolError = 1002;
inline constexpr uint16_t kCloseUnsupportedData = 1003;
inline constexpr uint16_t kCloseNoStatus = 1005;  // told to hooks, never on the wire
inline constexpr uint16_t kCloseAbnormal = 1006;  // told to hooks, never on the wire
inline constexpr uint16_t kCloseInvalidPayload = 1007;
inline constexpr uint16_t kClosePolicyViolation = 1008;
inline constexpr uint16_t kCloseTooBig = 1009;
inline constexpr uint16_t kCloseMandatoryExtension = 1010;
inline constexpr uint16_t kCloseInternalError = 1011;
inline constexpr uint16_t kCloseServiceRestart = 1012;
inline constexpr uint16_t kCloseTryAgainLater = 1013;
inline constexpr uint16_t kCloseBadGateway = 1014;
inline constexpr uint16_t kCloseTlsHandshake = 1015;  // never on the wire

struct CloseCode {
  uint16_t code;
  std::string_view name;    // snake case: for logs, metrics' labels and the CLI
  std::string_view reason;  // what it means; the reason that is sent where nobody gave one
  // The same connection, tried again after a pause, may well succeed.
  bool may_reconnect;
};

// Each registered code, ascending. Codes of libraries (3000-3999) and of applications (4000-4999)
// mean what their users say, and are not listed.
//
// Thread: any.
std::span<const CloseCode> CloseCodes();

// Null where the code is not registered.
const CloseCode* FindCloseCode(uint16_t code);

// Whether a Close frame may carry the code (RFC 6455, sections 7.4.1 and 7.4.2): 1000-1003,
// 1007-1014 and 3000-4999. An application may have any of them sent.
bool IsValidOnWire(uint16_t code);

}  // namespace hookcast
