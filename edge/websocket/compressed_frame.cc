#include "edge/websocket/compressed_frame.h"

#include <cassert>
#include <cstring>
#include <optional>
#include <string_view>

#include "edge/websocket/frame_writer.h"

namespace hookcast::websocket {
namespace {

constexpr char kReserved1 = 0x40;

}  // namespace

Bytes CompressedFrame(const Bytes& frame, Deflater& deflater) {
  const std::string_view whole = frame.view();
  const auto opcode = static_cast<Opcode>(whole[0] & 0x0F);
  assert(opcode == Opcode::kText || opcode == Opcode::kBinary);
  const int length = whole[1] & 0x7F;
  const std::string_view payload = whole.substr(length < 126 ? 2 : length == 126 ? 4 : 10);
  const std::optional<std::string_view> compressed = deflater.Deflate(payload);
  if (!compressed) return frame;
  const auto fill = [&](char* out) {
    const size_t header = WriteFrameHeader(opcode, compressed->size(), out);
    out[0] |= kReserved1;
    std::memcpy(out + header, compressed->data(), compressed->size());
  };
  return Bytes::Build(FrameHeaderSize(compressed->size()) + compressed->size(), fill,
                      frame.label());
}

}  // namespace hookcast::websocket
