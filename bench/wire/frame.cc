#include "bench/wire/frame.h"

#include <cstring>

namespace hookcast::bench {
namespace {

void AppendHeader(std::string& out, uint8_t opcode, size_t size, uint8_t mask_bit) {
  out.push_back(static_cast<char>(0x80 | opcode));
  int length_bytes = 0;
  if (size < 126) {
    out.push_back(static_cast<char>(mask_bit | size));
  } else if (size < 65536) {
    out.push_back(static_cast<char>(mask_bit | 126));
    length_bytes = 2;
  } else {
    out.push_back(static_cast<char>(mask_bit | 127));
    length_bytes = 8;
  }
  for (int shift = 8 * (length_bytes - 1); shift >= 0; shift -= 8) {
    out.push_back(static_cast<char>(static_cast<uint64_t>(size) >> shift));
  }
}

}  // namespace

bool ParseFrameHeader(const char* data, size_t size, FrameHeader& header) {
  const auto byte = [data](size_t at) { return static_cast<uint8_t>(data[at]); };
  if (size < 2) return false;
  header.fin = (byte(0) & 0x80) != 0;
  header.rsv = byte(0) >> 4 & 7;
  header.opcode = byte(0) & 15;
  header.masked = (byte(1) & 0x80) != 0;
  header.payload_size = byte(1) & 0x7f;
  const size_t length_bytes = header.payload_size < 126 ? 0 : header.payload_size == 126 ? 2 : 8;
  header.header_size = 2 + length_bytes + (header.masked ? 4 : 0);
  if (size < header.header_size) return false;
  if (length_bytes > 0) {
    header.payload_size = 0;
    for (size_t at = 2; at < 2 + length_bytes; ++at) {
      header.payload_size = header.payload_size << 8 | byte(at);
    }
  }
  if (header.masked) std::memcpy(&header.mask, data + 2 + length_bytes, 4);
  return true;
}

void ApplyMask(char* data, size_t size, uint32_t mask) {
  const uint64_t wide = static_cast<uint64_t>(mask) << 32 | mask;
  size_t at = 0;
  for (; at + 8 <= size; at += 8) {
    uint64_t word;
    std::memcpy(&word, data + at, 8);
    word ^= wide;
    std::memcpy(data + at, &word, 8);
  }
  char key[4];
  std::memcpy(key, &mask, 4);
  for (; at < size; ++at) data[at] = static_cast<char>(data[at] ^ key[at % 4]);
}

void AppendFrame(std::string& out, uint8_t opcode, std::string_view payload) {
  AppendHeader(out, opcode, payload.size(), 0);
  out.append(payload);
}

void AppendMaskedFrame(std::string& out, uint8_t opcode, std::string_view payload, uint32_t mask) {
  AppendHeader(out, opcode, payload.size(), 0x80);
  out.append(reinterpret_cast<const char*>(&mask), 4);
  out.append(payload);
  ApplyMask(out.data() + out.size() - payload.size(), payload.size(), mask);
}

std::string CloseBody(uint16_t code, std::string_view reason) {
  std::string body = {static_cast<char>(code >> 8), static_cast<char>(code & 0xff)};
  return body.append(reason);
}

uint16_t CloseCode(std::string_view body) {
  if (body.size() < 2) return 1005;
  return static_cast<uint16_t>(static_cast<uint8_t>(body[0]) << 8 | static_cast<uint8_t>(body[1]));
}

}  // namespace hookcast::bench
