#include "edge/websocket/frame_writer.h"

#include <algorithm>
#include <cassert>

#include "broker/base/close_code.h"
#include "broker/base/utf8.h"

namespace hookcast::websocket {
namespace {

constexpr uint8_t kFin = 0x80;
constexpr uint8_t kLength16 = 126;
constexpr uint8_t kLength64 = 127;

void WriteBigEndian(uint64_t value, size_t bytes, char* out) {
  for (size_t i = 0; i < bytes; ++i) {
    out[i] = static_cast<char>(value >> (8 * (bytes - 1 - i)) & 0xFF);
  }
}

std::string_view WholeCharacters(std::string_view text, size_t most) {
  const size_t limit = std::min(text.size(), most);
  Utf8Validator validator;
  size_t whole = 0;
  for (size_t i = 0; i < limit && validator.Feed(text.substr(i, 1)); ++i) {
    if (validator.complete()) whole = i + 1;
  }
  return text.substr(0, whole);
}

}  // namespace

size_t FrameHeaderSize(size_t payload_bytes) {
  return payload_bytes < kLength16 ? 2 : payload_bytes <= 0xFFFF ? 4 : 10;
}

size_t WriteFrameHeader(Opcode opcode, size_t payload_bytes, char* out) {
  assert(static_cast<uint8_t>(opcode) < 8 || payload_bytes <= kMaxControlPayload);
  out[0] = static_cast<char>(kFin | static_cast<uint8_t>(opcode));
  if (payload_bytes < kLength16) {
    out[1] = static_cast<char>(payload_bytes);
    return 2;
  }
  if (payload_bytes <= 0xFFFF) {
    out[1] = static_cast<char>(kLength16);
    WriteBigEndian(payload_bytes, 2, out + 2);
    return 4;
  }
  out[1] = static_cast<char>(kLength64);
  WriteBigEndian(payload_bytes, 8, out + 2);
  return 10;
}

std::string CloseFramePayload(uint16_t code, std::string_view reason) {
  std::string payload;
  if (!IsValidOnWire(code)) return payload;
  const std::string_view kept = WholeCharacters(reason, kMaxCloseReason);
  payload.reserve(2 + kept.size());
  payload.resize(2);
  WriteBigEndian(code, 2, payload.data());
  payload.append(kept);
  return payload;
}

}  // namespace hookcast::websocket
