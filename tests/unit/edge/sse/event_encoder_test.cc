#include "edge/sse/event_encoder.h"

#include <gtest/gtest.h>

#include <cstdint>
#include <limits>
#include <string>
#include <string_view>

namespace hookcast::sse {
namespace {

using std::string_view_literals::operator""sv;

std::string DataOf(std::string_view payload) {
  std::string block(EventSize({.data = payload}), '?');
  EXPECT_EQ(WriteEvent({.data = payload}, block.data()), block.size());
  EXPECT_EQ(WriteEvent({.data = payload}), block);
  return block;
}

TEST(EventEncoderTest, WritesTheFieldsInTheirOrderAndAnEmptyLine) {
  EXPECT_EQ(WriteEvent({.id = "7", .event = "price", .retry_ms = 1500, .data = "1.25"}),
            "id: 7\nevent: price\nretry: 1500\ndata: 1.25\n\n");
}

TEST(EventEncoderTest, WhatIsNotSaidHasNoLine) {
  EXPECT_EQ(WriteEvent({.data = "x"}), "data: x\n\n");
  EXPECT_EQ(WriteEvent({.event = "e", .data = "x"}), "event: e\ndata: x\n\n");
  EXPECT_EQ(WriteEvent({.id = "1", .data = "x"}), "id: 1\ndata: x\n\n");
}

TEST(EventEncoderTest, BlocksWithoutDataMoveThePositionOrSayWhenToComeBack) {
  EXPECT_EQ(WriteEvent({.id = "abc.1.9"}), "id: abc.1.9\n\n");
  EXPECT_EQ(WriteEvent({.retry_ms = 0}), "retry: 0\n\n");
}

TEST(EventEncoderTest, EmptyDataIsAnEventWithEmptyData) { EXPECT_EQ(DataOf(""), "data: \n\n"); }

TEST(EventEncoderTest, EachLineOfThePayloadIsADataLine) {
  EXPECT_EQ(DataOf("a\nb"), "data: a\ndata: b\n\n");
  EXPECT_EQ(DataOf("a\rb"), "data: a\ndata: b\n\n");
  EXPECT_EQ(DataOf("a\r\nb"), "data: a\ndata: b\n\n");
  EXPECT_EQ(DataOf("a\n\rb"), "data: a\ndata: \ndata: b\n\n");
  EXPECT_EQ(DataOf("a\r\r\nb"), "data: a\ndata: \ndata: b\n\n");
  EXPECT_EQ(DataOf("a\n\nb"), "data: a\ndata: \ndata: b\n\n");
  EXPECT_EQ(DataOf("a\rb\nc\r\nd"), "data: a\ndata: b\ndata: c\ndata: d\n\n");
}

TEST(EventEncoderTest, ALineEndAtAnEndOfThePayloadHasAnEmptyLineBesideIt) {
  EXPECT_EQ(DataOf("a\n"), "data: a\ndata: \n\n");
  EXPECT_EQ(DataOf("a\r\n"), "data: a\ndata: \n\n");
  EXPECT_EQ(DataOf("a\r"), "data: a\ndata: \n\n");
  EXPECT_EQ(DataOf("\ra"), "data: \ndata: a\n\n");
  EXPECT_EQ(DataOf("\n"), "data: \ndata: \n\n");
  EXPECT_EQ(DataOf("\r\n\r\n"), "data: \ndata: \ndata: \n\n");
}

TEST(EventEncoderTest, SpacesColonsAndAByteOrderMarkOfThePayloadStay) {
  EXPECT_EQ(DataOf("  two"), "data:   two\n\n");
  EXPECT_EQ(DataOf(": no comment"), "data: : no comment\n\n");
  EXPECT_EQ(DataOf("\xEF\xBB\xBFtext"), "data: \xEF\xBB\xBFtext\n\n");
  EXPECT_EQ(DataOf("nul\0here"sv), "data: nul\0here\n\n"sv);
}

TEST(EventEncoderTest, FieldsWithinThePayloadAreData) {
  EXPECT_EQ(DataOf("x\n\nid: 9\nevent: hookcast.open\ndata: y"),
            "data: x\ndata: \ndata: id: 9\ndata: event: hookcast.open\ndata: data: y\n\n");
}

TEST(EventEncoderTest, AnEmptyIdIsNeverWritten) {
  EXPECT_EQ(WriteEvent({.id = "", .event = "", .data = "x"}), "data: x\n\n");
}

TEST(EventEncoderTest, WhatCannotStandInAFieldIsLeftOutWhole) {
  for (const std::string_view bad :
       {"\n"sv, "1\n2"sv, "1\r2"sv, "1\r\ndata: forged"sv, "\0"sv, "1\0"sv, "hookcast\n.open"sv}) {
    EXPECT_FALSE(CanStandInField(bad));
    EXPECT_EQ(WriteEvent({.id = bad, .data = "x"}), "data: x\n\n");
    EXPECT_EQ(WriteEvent({.event = bad, .data = "x"}), "data: x\n\n");
    EXPECT_EQ(EventSize({.id = bad, .event = bad}), 1u);
  }
  EXPECT_EQ(WriteEvent({.retry_ms = -1, .data = "x"}), "data: x\n\n");
}

TEST(EventEncoderTest, OtherBytesMayStandInFields) {
  for (const std::string_view good : {" 1 "sv, "a:b"sv, "\t"sv, "caf\xC3\xA9"sv, "\x7F"sv, ""sv}) {
    EXPECT_TRUE(CanStandInField(good)) << good;
  }
  EXPECT_EQ(WriteEvent({.id = " 1 ", .event = "a: b", .data = ""}),
            "id:  1 \nevent: a: b\ndata: \n\n");
}

TEST(EventEncoderTest, TheLongestRetryIsWrittenInFull) {
  EXPECT_EQ(WriteEvent({.retry_ms = std::numeric_limits<int64_t>::max()}),
            "retry: 9223372036854775807\n\n");
}

TEST(EventEncoderTest, APayloadOfLineEndsAloneIsWrittenInTimeThatGrowsWithItsSize) {
  const std::string payload(1 << 20, '\r');
  EXPECT_EQ(EventSize({.data = payload}), (payload.size() + 1) * 7 + 1);
}

TEST(EventEncoderTest, ChunksTellTheirSizeInHex) {
  struct Case {
    size_t size;
    std::string_view head;
  };
  for (const Case& c : std::initializer_list<Case>{{1, "1\r\n"},
                                                   {15, "f\r\n"},
                                                   {16, "10\r\n"},
                                                   {255, "ff\r\n"},
                                                   {256, "100\r\n"},
                                                   {0xABCDEF, "abcdef\r\n"},
                                                   {SIZE_MAX, "ffffffffffffffff\r\n"}}) {
    std::string head(ChunkHeadSize(c.size), '?');
    EXPECT_EQ(WriteChunkHead(c.size, head.data()), head.size());
    EXPECT_EQ(head, c.head);
  }
}

}  // namespace
}  // namespace hookcast::sse
