#include "edge/websocket/compressed_frame.h"

#include <gtest/gtest.h>

#include <cstring>
#include <string>

#include "edge/websocket/deflate_offer.h"
#include "edge/websocket/frame_writer.h"
#include "tests/unit/edge/websocket/deflate_samples.h"

namespace hookcast::websocket {
namespace {

using testing::Inflated;
using testing::Noise;

Bytes Frame(Opcode opcode, std::string_view payload, std::string_view label = {}) {
  return Bytes::Build(
      FrameHeaderSize(payload.size()) + payload.size(),
      [&](char* out) {
        const size_t header = WriteFrameHeader(opcode, payload.size(), out);
        std::memcpy(out + header, payload.data(), payload.size());
      },
      label);
}

TEST(CompressedFrameTest, HasThePayloadCompressedAndTheFirstReservedBit) {
  Deflater deflater(kLargeWindow);
  struct Size {
    size_t plain;
    size_t header;  // of the compressed frame
  };
  for (const Size& size : {Size{100, 2}, Size{10'000, 2}, Size{200'000, 4}, Size{20'000'000, 10}}) {
    const std::string payload(size.plain, 'a');
    const Bytes frame = CompressedFrame(Frame(Opcode::kText, payload), deflater);
    const std::string_view bytes = frame.view();
    EXPECT_EQ(static_cast<uint8_t>(bytes[0]), 0xC1);
    EXPECT_EQ(FrameHeaderSize(bytes.size() - size.header), size.header);
    EXPECT_EQ(Inflated(bytes.substr(size.header)), payload);
  }
  EXPECT_EQ(static_cast<uint8_t>(
                CompressedFrame(Frame(Opcode::kBinary, std::string(99, 'b')), deflater).view()[0]),
            0xC2);
}

TEST(CompressedFrameTest, KeepsTheLabel) {
  Deflater deflater(kSmallWindow);
  const Bytes frame = CompressedFrame(Frame(Opcode::kText, std::string(99, 'a'), "news"), deflater);
  EXPECT_EQ(frame.label(), "news");
}

TEST(CompressedFrameTest, IsTheFrameItselfWhereNothingIsWon) {
  Deflater deflater(kLargeWindow);
  for (const size_t size : {0, 1, 5, 125, 126, 65'535, 65'536}) {
    const Bytes frame = Frame(Opcode::kBinary, Noise(size));
    EXPECT_EQ(CompressedFrame(frame, deflater), frame) << size;
  }
}

}  // namespace
}  // namespace hookcast::websocket
