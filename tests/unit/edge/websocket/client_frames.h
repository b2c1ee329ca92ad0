#pragma once

#include <cstddef>
#include <cstdint>
#include <optional>
#include <string>
#include <string_view>

namespace hookcast::websocket::testing {

// A frame as a client sends it, right or wrong, built from the picture in RFC 6455, section 5.2,
// without the product's own code.
struct ClientFrame {
  int opcode = 1;
  std::string_view payload;
  bool fin = true;
  int reserved = 0;  // RSV1 is 4, RSV2 is 2, RSV3 is 1
  bool masked = true;
  uint32_t key = 0x37FA213D;  // the one of section 5.7
  // Bytes of the length's extension, 0, 2 or 8. Without a value: the shortest that fits.
  std::optional<size_t> extended;
  // What the length says. Without a value: the truth.
  std::optional<uint64_t> announced;

  std::string Bytes() const;
};

std::string Text(std::string_view payload, bool fin = true);
std::string Binary(std::string_view payload, bool fin = true);
std::string Continuation(std::string_view payload, bool fin = true);
std::string Ping(std::string_view payload);
std::string Pong(std::string_view payload);
// A Close whose payload is exactly this.
std::string CloseRaw(std::string_view payload);
std::string Close(uint16_t code, std::string_view reason = "");

}  // namespace hookcast::websocket::testing
