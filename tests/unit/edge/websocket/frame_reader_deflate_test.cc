// RSV1 where permessage-deflate was agreed on: RFC 7692, section 6.
#include <gtest/gtest.h>

#include <span>
#include <string>
#include <vector>

#include "edge/websocket/frame_reader.h"
#include "tests/unit/edge/websocket/client_frames.h"
#include "tests/unit/edge/websocket/frame_feeder.h"

namespace hookcast::websocket {
namespace {

using namespace std::string_literals;
using testing::BinaryTold;
using testing::ClientFrame;
using testing::CompressedTold;
using testing::Continuation;
using testing::ErrorTold;
using testing::FrameFeeder;
using testing::Ping;
using testing::PingTold;
using testing::TellPieces;
using testing::Text;
using testing::TextTold;
using testing::Told;

constexpr int kRsv1 = 4;
constexpr FrameReader::Limits kAgreed = {.allow_compressed = true};

constexpr std::string_view kMisplaced =
    "a reserved bit is set other than RSV1 of a message's first frame, for permessage-deflate";
constexpr std::string_view kTooBig = "message is larger than allowed";

// Section 7.2.3.1.
const std::string kHello = "\xf2\x48\xcd\xc9\xc9\x07\x00"s;

std::string Packed(int opcode, std::string_view payload, bool fin = true) {
  return ClientFrame{.opcode = opcode, .payload = payload, .fin = fin, .reserved = kRsv1}.Bytes();
}

void ExpectHoweverCut(const std::string& bytes, const std::vector<Told>& told,
                      const FrameReader::Limits& limits = kAgreed) {
  const std::string_view view = bytes;
  for (size_t at = 0; at <= view.size(); ++at) {
    EXPECT_EQ(TellPieces(limits, {view.substr(0, at), view.substr(at)}), told) << "cut at " << at;
  }
  std::vector<std::string_view> bytewise;
  for (size_t i = 0; i < view.size(); ++i) bytewise.push_back(view.substr(i, 1));
  EXPECT_EQ(TellPieces(limits, bytewise), told) << "byte by byte";
}

TEST(FrameReaderDeflateTest, YieldsTheExamplesOfTheStandardAsTheyCame) {
  ExpectHoweverCut(Packed(1, kHello), {CompressedTold(MessageKind::kText, kHello)});
  ExpectHoweverCut(Packed(2, kHello), {CompressedTold(MessageKind::kBinary, kHello)});
  // In two frames, of which the first alone has the bit.
  ExpectHoweverCut(Packed(1, kHello.substr(0, 3), false) + Continuation(kHello.substr(3)),
                   {CompressedTold(MessageKind::kText, kHello)});
}

TEST(FrameReaderDeflateTest, PlainMessagesMayStandAmongCompressedOnes) {
  ExpectHoweverCut(Text("plain") + Packed(1, kHello) + Text("a", false) + Continuation("b"),
                   {TextTold("plain"), CompressedTold(MessageKind::kText, kHello), TextTold("ab")});
}

TEST(FrameReaderDeflateTest, ControlFramesMayStandInACompressedMessage) {
  ExpectHoweverCut(
      Packed(1, kHello.substr(0, 3), false) + Ping("?") + Continuation(kHello.substr(3)),
      {PingTold("?"), CompressedTold(MessageKind::kText, kHello)});
}

TEST(FrameReaderDeflateTest, EmptyFramesMayStandInACompressedMessage) {
  ExpectHoweverCut(Packed(2, "", false) + Continuation("", false) + Continuation(kHello, false) +
                       Continuation(""),
                   {CompressedTold(MessageKind::kBinary, kHello)});
}

// Compressed bytes are no text yet.
TEST(FrameReaderDeflateTest, DoesNotJudgeCompressedText) {
  ExpectHoweverCut(Packed(1, "\xff\xfe", false) + Continuation("\xc3"),
                   {CompressedTold(MessageKind::kText, "\xff\xfe\xc3")});
  // And text that is not compressed is judged as ever.
  EXPECT_EQ(TellPieces(kAgreed, {Text("\xff")}).back().code, 1007);
}

TEST(FrameReaderDeflateTest, RefusesTheBitElsewhere) {
  const auto refused = ErrorTold(1002, kMisplaced);
  for (const int opcode : {8, 9, 10}) ExpectHoweverCut(Packed(opcode, ""), {refused});
  for (const int opcode : {3, 7, 11, 15}) ExpectHoweverCut(Packed(opcode, ""), {refused});
  // A frame that continues, of a compressed message or of another, and one that continues nothing.
  ExpectHoweverCut(Packed(1, "a", false) + Packed(0, "b"), {refused});
  ExpectHoweverCut(Text("a", false) + Packed(0, "b"), {refused});
  ExpectHoweverCut(Packed(0, "b"), {refused});
}

TEST(FrameReaderDeflateTest, RefusesTheOtherBits) {
  for (const int reserved : {1, 2, 3, 5, 6, 7}) {
    for (const int opcode : {0, 1, 2, 8, 9, 10}) {
      ExpectHoweverCut(ClientFrame{.opcode = opcode, .reserved = reserved}.Bytes(),
                       {ErrorTold(1002, kMisplaced)});
    }
  }
}

TEST(FrameReaderDeflateTest, RefusesTheBitWhereNothingWasAgreedOn) {
  EXPECT_EQ(TellPieces({}, {Packed(1, kHello)}),
            std::vector<Told>{
                ErrorTold(1002, "a reserved bit is set, though no extension was agreed on")});
}

// What a compressor makes of what cannot be compressed is somewhat larger than that.
TEST(FrameReaderDeflateTest, BoundsWhatACompressedMessageMayComeIn) {
  const FrameReader::Limits limits = {.max_message_bytes = 80, .allow_compressed = true};
  ASSERT_EQ(FrameReader::MostCompressed(80), 80u + 10 + 64);
  const std::string most(154, '\xaa');
  EXPECT_EQ(TellPieces(limits, {Packed(2, most)}),
            std::vector<Told>{CompressedTold(MessageKind::kBinary, most)});
  const std::vector<Told> refused = {ErrorTold(1009, kTooBig)};
  EXPECT_EQ(TellPieces(limits, {Packed(2, most + "x")}), refused);
  EXPECT_EQ(TellPieces(limits, {Packed(2, most, false) + Continuation("x")}), refused);
  EXPECT_EQ(TellPieces(limits, {Packed(2, most, false) + Continuation("")}),
            std::vector<Told>{CompressedTold(MessageKind::kBinary, most)});
  // That is no room for others.
  EXPECT_EQ(TellPieces(limits, {Packed(2, most) + Text(std::string(81, 'x'))}).back(), refused[0]);
  EXPECT_EQ(
      TellPieces(limits, {Packed(2, most) + Text("x", false) + Continuation(std::string(80, 'x'))})
          .back(),
      refused[0]);
}

TEST(FrameReaderDeflateTest, TheBoundDoesNotOverflow) {
  EXPECT_EQ(FrameReader::MostCompressed(SIZE_MAX), SIZE_MAX);
  EXPECT_EQ(FrameReader::MostCompressed(SIZE_MAX - 64), SIZE_MAX);
  EXPECT_EQ(FrameReader::MostCompressed(0), 64u);
}

TEST(FrameReaderDeflateTest, FailsWhereItIsTold) {
  static constexpr ProtocolError kWrong = {1007, "wrong"};
  FrameReader reader(kAgreed);
  std::string bytes = Packed(2, "12", false) + Continuation("34") + Text("behind");
  std::span<char> input(bytes);
  ASSERT_EQ(reader.Next(&input), FrameReader::Event::kMessage);
  reader.Fail(kWrong);
  EXPECT_TRUE(reader.idle());
  EXPECT_EQ(reader.Next(&input), FrameReader::Event::kError);
  EXPECT_EQ(reader.error().reason, "wrong");
  EXPECT_TRUE(input.empty());
}

TEST(FrameReaderDeflateTest, HoldsNoMoreThanWhatCame) {
  FrameFeeder feeder(kAgreed);
  feeder.Feed(Packed(2, "12345", false));
  EXPECT_EQ(feeder.reader().buffered_bytes(), 5u);
  feeder.Feed(Continuation("678"));
  EXPECT_EQ(feeder.told().back(), CompressedTold(MessageKind::kBinary, "12345678"));
}

}  // namespace
}  // namespace hookcast::websocket
