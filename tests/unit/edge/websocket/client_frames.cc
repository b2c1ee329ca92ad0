#include "tests/unit/edge/websocket/client_frames.h"

namespace hookcast::websocket::testing {

std::string ClientFrame::Bytes() const {
  const uint64_t length = announced.value_or(payload.size());
  const size_t extension = extended.value_or(length < 126 ? 0 : length < 65536 ? 2 : 8);
  const uint64_t short_length = extension == 0 ? length : extension == 2 ? 126 : 127;

  std::string bytes;
  bytes.push_back(static_cast<char>((fin ? 0x80 : 0) | reserved << 4 | opcode));
  bytes.push_back(static_cast<char>((masked ? 0x80 : 0) | short_length));
  for (size_t i = extension; i > 0; --i) {
    bytes.push_back(static_cast<char>(length >> (8 * (i - 1)) & 0xFF));
  }
  if (!masked) return bytes.append(payload);
  for (int shift = 24; shift >= 0; shift -= 8) bytes.push_back(static_cast<char>(key >> shift));
  for (size_t i = 0; i < payload.size(); ++i) {
    bytes.push_back(static_cast<char>(payload[i] ^ key >> (24 - 8 * (i % 4))));
  }
  return bytes;
}

std::string Text(std::string_view payload, bool fin) {
  return ClientFrame{.opcode = 1, .payload = payload, .fin = fin}.Bytes();
}

std::string Binary(std::string_view payload, bool fin) {
  return ClientFrame{.opcode = 2, .payload = payload, .fin = fin}.Bytes();
}

std::string Continuation(std::string_view payload, bool fin) {
  return ClientFrame{.opcode = 0, .payload = payload, .fin = fin}.Bytes();
}

std::string Ping(std::string_view payload) {
  return ClientFrame{.opcode = 9, .payload = payload}.Bytes();
}

std::string Pong(std::string_view payload) {
  return ClientFrame{.opcode = 10, .payload = payload}.Bytes();
}

std::string CloseRaw(std::string_view payload) {
  return ClientFrame{.opcode = 8, .payload = payload}.Bytes();
}

std::string Close(uint16_t code, std::string_view reason) {
  std::string payload = {static_cast<char>(code >> 8), static_cast<char>(code & 0xFF)};
  return CloseRaw(payload.append(reason));
}

}  // namespace hookcast::websocket::testing
