#include "tests/conformance/frame.h"

#include <utility>

#include "absl/strings/escaping.h"
#include "absl/strings/str_cat.h"

namespace hookcast::conformance {
namespace {

constexpr size_t kShown = 60;

std::string NameOf(int opcode) {
  switch (opcode) {
    case 0:
      return "continuation";
    case 1:
      return "text";
    case 2:
      return "binary";
    case 8:
      return "close";
    case 9:
      return "ping";
    case 10:
      return "pong";
    default:
      return absl::StrCat("opcode ", opcode);
  }
}

}  // namespace

Frame Frame::Opcode(int value) const {
  Frame frame = *this;
  frame.opcode = value;
  return frame;
}

Frame Frame::Rsv(int value) const {
  Frame frame = *this;
  frame.rsv = value;
  return frame;
}

Frame Frame::NotFinal() const {
  Frame frame = *this;
  frame.fin = false;
  return frame;
}

Frame Frame::Unmasked() const {
  Frame frame = *this;
  frame.masked = false;
  return frame;
}

Frame Frame::Key(uint32_t value) const {
  Frame frame = *this;
  frame.key = value;
  return frame;
}

Frame Frame::LengthIn(size_t bytes) const {
  Frame frame = *this;
  frame.length_in = bytes;
  return frame;
}

Frame Frame::Announcing(uint64_t length) const {
  Frame frame = *this;
  frame.announced = length;
  return frame;
}

std::string Frame::Bytes() const {
  const uint64_t length = announced.value_or(payload.size());
  const size_t extension = length_in.value_or(length < 126 ? 0 : length < 65536 ? 2 : 8);
  const uint64_t short_length = extension == 0 ? length : extension == 2 ? 126 : 127;

  std::string bytes;
  bytes.push_back(static_cast<char>((fin ? 0x80 : 0) | rsv << 4 | opcode));
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

Frame Text(std::string payload) { return {.opcode = 1, .payload = std::move(payload)}; }
Frame Binary(std::string payload) { return {.opcode = 2, .payload = std::move(payload)}; }
Frame TextPart(std::string payload) { return Text(std::move(payload)).NotFinal(); }
Frame BinaryPart(std::string payload) { return Binary(std::move(payload)).NotFinal(); }
Frame More(std::string payload) { return Last(std::move(payload)).NotFinal(); }
Frame Last(std::string payload) { return {.opcode = 0, .payload = std::move(payload)}; }
Frame Ping(std::string payload) { return {.opcode = 9, .payload = std::move(payload)}; }
Frame Pong(std::string payload) { return {.opcode = 10, .payload = std::move(payload)}; }
Frame CloseRaw(std::string payload) { return {.opcode = 8, .payload = std::move(payload)}; }

Frame Close(uint16_t code, std::string_view reason) {
  std::string payload = {static_cast<char>(code >> 8), static_cast<char>(code & 0xFF)};
  return CloseRaw(payload.append(reason));
}

uint16_t CodeOf(const Frame& close) {
  if (close.payload.size() < 2) return 1005;
  return static_cast<uint16_t>(static_cast<uint8_t>(close.payload[0]) << 8 |
                               static_cast<uint8_t>(close.payload[1]));
}

std::string Describe(const Frame& frame) {
  std::string text = NameOf(frame.opcode);
  if (!frame.fin) text += " (not final)";
  if (frame.rsv != 0) absl::StrAppend(&text, " (rsv ", frame.rsv, ")");
  std::string_view payload = frame.payload;
  if (frame.opcode == 8 && payload.size() >= 2) {
    absl::StrAppend(&text, " ", CodeOf(frame));
    payload.remove_prefix(2);
  }
  if (payload.size() > kShown) absl::StrAppend(&text, " of ", payload.size(), " bytes");
  return absl::StrCat(text, " \"", absl::CHexEscape(std::string(payload.substr(0, kShown))), "\"");
}

}  // namespace hookcast::conformance
