// WebSocket frames (RFC 6455 section 5.2) as plain bytes, for both sides of a benchmark.

#ifndef HOOKCAST_BENCH_WIRE_FRAME_H_
#define HOOKCAST_BENCH_WIRE_FRAME_H_

#include <cstddef>
#include <cstdint>
#include <string>
#include <string_view>

namespace hookcast::bench {

enum Opcode : uint8_t {
  kContinuation = 0x0,
  kText = 0x1,
  kBinary = 0x2,
  kClose = 0x8,
  kPing = 0x9,
  kPong = 0xa,
};

struct FrameHeader {
  uint8_t opcode = 0;
  bool fin = false;
  uint8_t rsv = 0;
  bool masked = false;
  uint32_t mask = 0;  // as it lies in memory
  size_t header_size = 0;
  uint64_t payload_size = 0;
};

// Reads the header that `data` begins with. False: not all of it is there yet.
bool ParseFrameHeader(const char* data, size_t size, FrameHeader& header);

// Applies a masking key that begins at the first byte of `data`.
void ApplyMask(char* data, size_t size, uint32_t mask);

// Appends one whole unmasked frame, as servers send.
void AppendFrame(std::string& out, uint8_t opcode, std::string_view payload);

// Appends one whole masked frame, as clients send.
void AppendMaskedFrame(std::string& out, uint8_t opcode, std::string_view payload, uint32_t mask);

// The body of a Close frame.
std::string CloseBody(uint16_t code, std::string_view reason = {});

// The code in the body of a Close frame; 1005 where it has none.
uint16_t CloseCode(std::string_view body);

}  // namespace hookcast::bench

#endif  // HOOKCAST_BENCH_WIRE_FRAME_H_
