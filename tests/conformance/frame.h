#pragma once

#include <cstddef>
#include <cstdint>
#include <optional>
#include <string>
#include <string_view>

namespace hookcast::conformance {

// One frame (RFC 6455, section 5.2), right or wrong. The same words name what a client sends and
// what it has to get: Send(Ping("hello")), Get(Pong("hello")).
//
// The methods return a changed copy, so that a row of a table reads in one line:
// Text("hello").Rsv(4), Text("hello").LengthIn(8).
struct Frame {
  int opcode = 1;
  std::string payload;
  bool fin = true;
  int rsv = 0;  // RSV1 is 4, RSV2 is 2, RSV3 is 1
  bool masked = true;
  uint32_t key = 0x37FA213D;  // the one of section 5.7
  // Bytes of the extended length, 0, 2 or 8. Without a value: the shortest that fits.
  std::optional<size_t> length_in;
  // What the length says. Without a value: the truth.
  std::optional<uint64_t> announced;

  Frame Opcode(int value) const;
  Frame Rsv(int value) const;
  Frame NotFinal() const;
  Frame Unmasked() const;
  Frame Key(uint32_t value) const;
  Frame LengthIn(size_t bytes) const;
  Frame Announcing(uint64_t length) const;

  // As a client puts it on the wire.
  std::string Bytes() const;
};

Frame Text(std::string payload);
Frame Binary(std::string payload);
// The first part of a message that goes on.
Frame TextPart(std::string payload);
Frame BinaryPart(std::string payload);
// The parts behind it: more of it, and its end.
Frame More(std::string payload);
Frame Last(std::string payload);
Frame Ping(std::string payload = "");
Frame Pong(std::string payload = "");
// A Close whose payload is exactly this, and one with a code.
Frame CloseRaw(std::string payload);
Frame Close(uint16_t code, std::string_view reason = "");

// The code that a Close carries; 1005 where it has none.
uint16_t CodeOf(const Frame& close);

// "text \"hello\"", "close 1002 \"…\"", "binary of 65536 bytes": for people.
std::string Describe(const Frame& frame);

}  // namespace hookcast::conformance
