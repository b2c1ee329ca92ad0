#include "edge/websocket/frame_writer.h"

#include <gtest/gtest.h>

#include <cstdint>
#include <string>

#include "broker/base/close_code.h"
#include "broker/base/utf8.h"

namespace hookcast::websocket {
namespace {

std::string Header(Opcode opcode, size_t payload_bytes) {
  // As long as it must be, so that a sanitizer sees a write past the end.
  std::string header(FrameHeaderSize(payload_bytes), '?');
  EXPECT_EQ(WriteFrameHeader(opcode, payload_bytes, header.data()), header.size());
  return header;
}

TEST(FrameWriterTest, WritesTheHeadersOfTheStandardsExamples) {
  using std::string_literals::operator""s;
  EXPECT_EQ(Header(Opcode::kText, 5), "\x81\x05"s);              // section 5.7
  EXPECT_EQ(Header(Opcode::kBinary, 256), "\x82\x7E\x01\x00"s);  // section 5.7
  EXPECT_EQ(Header(Opcode::kBinary, 65536), "\x82\x7F\x00\x00\x00\x00\x00\x01\x00\x00"s);
}

TEST(FrameWriterTest, LengthsAreInTheirShortestForm) {
  // Section 5.2.
  struct Case {
    size_t payload;
    size_t header;
  };
  for (const Case& c : std::initializer_list<Case>{{0, 2},
                                                   {1, 2},
                                                   {125, 2},
                                                   {126, 4},
                                                   {127, 4},
                                                   {65535, 4},
                                                   {65536, 10},
                                                   {size_t{1} << 32, 10},
                                                   {(size_t{1} << 63) - 1, 10}}) {
    EXPECT_EQ(FrameHeaderSize(c.payload), c.header) << c.payload;
    EXPECT_LE(c.header, kMaxServerHeader);
    const std::string header = Header(Opcode::kBinary, c.payload);
    const auto second = static_cast<uint8_t>(header[1]);
    EXPECT_EQ(second & 0x80, 0) << "5.1: a server does not mask";
    uint64_t length = second & 0x7F;
    EXPECT_EQ(length, c.header == 2 ? c.payload : c.header == 4 ? 126 : 127);
    if (c.header > 2) {
      length = 0;
      for (const char byte : header.substr(2)) length = length << 8 | static_cast<uint8_t>(byte);
    }
    EXPECT_EQ(length, c.payload);
  }
}

TEST(FrameWriterTest, TheFirstByteIsFinAndTheOpcode) {
  for (const Opcode opcode : {Opcode::kContinuation, Opcode::kText, Opcode::kBinary, Opcode::kClose,
                              Opcode::kPing, Opcode::kPong}) {
    EXPECT_EQ(static_cast<uint8_t>(Header(opcode, 3)[0]), 0x80 | static_cast<uint8_t>(opcode));
  }
}

TEST(FrameWriterTest, ACloseCarriesCodeAndReason) {
  using std::string_literals::operator""s;
  EXPECT_EQ(CloseFramePayload(1000, ""), "\x03\xE8"s);
  EXPECT_EQ(CloseFramePayload(4001, "kicked"), "\x0F\xA1kicked"s);
}

TEST(FrameWriterTest, ACodeThatMayNotBeOnTheWireGivesAnEmptyClose) {
  // Sections 5.5.1 and 7.4.1.
  for (const uint16_t code : {0, 999, 1004, 1005, 1006, 1015, 1016, 2999, 5000, 65535}) {
    EXPECT_EQ(CloseFramePayload(code, "reason"), "") << code;
  }
  for (const CloseCode& row : CloseCodes()) {
    EXPECT_EQ(CloseFramePayload(row.code, row.reason).empty(), !IsValidOnWire(row.code))
        << row.code;
  }
}

TEST(FrameWriterTest, AReasonIsCutBetweenCharacters) {
  // Section 5.5: 125 bytes in all.
  EXPECT_EQ(CloseFramePayload(1000, std::string(123, 'r')).size(), 125u);
  EXPECT_EQ(CloseFramePayload(1000, std::string(124, 'r')).size(), 125u);
  EXPECT_EQ(CloseFramePayload(1000, std::string(100'000, 'r')).size(), 125u);
  for (const std::string_view character : {"\xC3\xA9", "\xE2\x82\xAC", "\xF0\x9F\x8C\x8D"}) {
    for (size_t before = 118; before <= 124; ++before) {
      std::string reason(before, 'r');
      reason.append(character).append(character);
      const std::string payload = CloseFramePayload(1000, reason);
      const std::string_view kept = std::string_view(payload).substr(2);
      EXPECT_LE(payload.size(), 125u);
      EXPECT_TRUE(IsValidUtf8(kept));
      EXPECT_TRUE(std::string_view(reason).starts_with(kept));
      // No character that would have fitted is lost.
      EXPECT_GT(kept.size() + character.size(), 123u) << before;
    }
  }
}

TEST(FrameWriterTest, AReasonThatIsNotUtf8EndsBeforeItsFirstBadByte) {
  using std::string_literals::operator""s;
  EXPECT_EQ(CloseFramePayload(1000,
                              "good\xFF"
                              "bad"),
            "\x03\xE8good"s);
  EXPECT_EQ(CloseFramePayload(1000, "cut\xE2\x82"),
            "\x03\xE8"
            "cut"s);
  EXPECT_EQ(CloseFramePayload(1000, "\xC0\x80"), "\x03\xE8"s);
}

}  // namespace
}  // namespace hookcast::websocket
