#pragma once

#include <cstddef>
#include <cstdint>
#include <string>
#include <string_view>

namespace hookcast::websocket {

// RFC 6455, section 5.2.
enum class Opcode : uint8_t {
  kContinuation = 0,
  kText = 1,
  kBinary = 2,
  kClose = 8,
  kPing = 9,
  kPong = 10
};

// A server's frames are never masked, so that 2, 4 or 10 bytes stand before the payload.
inline constexpr size_t kMaxServerHeader = 10;

// The most that a Ping, a Pong or a Close may carry (section 5.5), and the most of a Close's
// reason.
inline constexpr size_t kMaxControlPayload = 125;
inline constexpr size_t kMaxCloseReason = 123;

// The size of the header that WriteFrameHeader writes before such a payload.
//
// Thread: any, as for all here.
size_t FrameHeaderSize(size_t payload_bytes);

// Writes the header of an unfragmented, unmasked frame (FIN set), its length in the shortest form,
// and returns the bytes written. REQUIRES: `out` has FrameHeaderSize(payload_bytes) bytes; at most
// kMaxControlPayload bytes for a control frame; for kText, the payload is UTF-8.
size_t WriteFrameHeader(Opcode opcode, size_t payload_bytes, char* out);

// The payload of a Close frame (section 5.5.1). Of the reason goes in the longest beginning of
// whole UTF-8 characters that fits into kMaxCloseReason bytes. Empty, with the reason dropped, for
// kCloseNoStatus and for each other code that may not be on the wire: a frame that the receiver
// would have to refuse is never made.
std::string CloseFramePayload(uint16_t code, std::string_view reason);

}  // namespace hookcast::websocket
