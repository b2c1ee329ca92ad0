#include "tests/unit/edge/server_frames.h"

#include <cstdint>

namespace hookcast::edge {

std::ostream& operator<<(std::ostream& out, const ServerFrame& frame) {
  out << "opcode " << frame.opcode << ' ';
  if (const uint16_t code = CloseCodeOf(frame))
    return out << code << ' ' << frame.payload.substr(2);
  if (frame.compressed) out << "compressed ";
  if (frame.payload.size() > 100) return out << frame.payload.size() << " bytes";
  return out << '"' << frame.payload << '"';
}

ServerFrame TextFrame(std::string_view payload) { return {1, std::string(payload)}; }
ServerFrame BinaryFrame(std::string_view payload) { return {2, std::string(payload)}; }
ServerFrame PingFrame(std::string_view payload) { return {9, std::string(payload)}; }
ServerFrame PongFrame(std::string_view payload) { return {10, std::string(payload)}; }

ServerFrame CloseFrame(uint16_t code, std::string_view reason) {
  ServerFrame frame{8, ""};
  if (code == 0) return frame;
  frame.payload = {static_cast<char>(code >> 8), static_cast<char>(code & 0xFF)};
  frame.payload.append(reason);
  return frame;
}

uint16_t CloseCodeOf(const ServerFrame& frame) {
  if (frame.opcode != 8 || frame.payload.size() < 2) return 0;
  return static_cast<uint16_t>(static_cast<uint8_t>(frame.payload[0]) << 8 |
                               static_cast<uint8_t>(frame.payload[1]));
}

std::vector<ServerFrame> ReadFrames(std::string_view bytes) {
  std::vector<ServerFrame> frames;
  while (!bytes.empty()) {
    const auto byte = [&](size_t i) { return static_cast<uint8_t>(bytes[i]); };
    size_t header = 2;
    uint64_t length = 0;
    bool whole = bytes.size() >= 2 && (byte(0) & 0xB0) == 0x80 && (byte(1) & 0x80) == 0;
    if (whole) {
      length = byte(1);
      const size_t extended = length == 126 ? 2 : length == 127 ? 8 : 0;
      header += extended;
      whole = bytes.size() >= header;
      if (whole && extended != 0) {
        length = 0;
        for (size_t i = 2; i < header; ++i) length = length << 8 | byte(i);
      }
    }
    if (!whole || bytes.size() - header < length) {
      frames.push_back({-1, std::string(bytes)});
      return frames;
    }
    frames.push_back(
        {byte(0) & 0x0F, std::string(bytes.substr(header, length)), (byte(0) & 0x40) != 0});
    bytes.remove_prefix(header + length);
  }
  return frames;
}

}  // namespace hookcast::edge
