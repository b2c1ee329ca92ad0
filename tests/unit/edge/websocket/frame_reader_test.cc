#include "edge/websocket/frame_reader.h"

#include <gtest/gtest.h>

#include <array>
#include <string>
#include <vector>

#include "tests/unit/edge/websocket/client_frames.h"
#include "tests/unit/edge/websocket/frame_feeder.h"

namespace hookcast::websocket::testing {
namespace {

using Event = FrameReader::Event;

constexpr FrameReader::Limits kLimits;

constexpr std::string_view kReserved = "a reserved bit is set, though no extension was agreed on";
constexpr std::string_view kUnknownOpcode = "unknown opcode";
constexpr std::string_view kNothingToContinue = "continuation frame without a message to continue";
constexpr std::string_view kUnfinished = "new message before the last frame of the one before";
constexpr std::string_view kControlFragmented = "control frame is fragmented";
constexpr std::string_view kControlTooLong = "control frame is longer than 125 bytes";
constexpr std::string_view kNotMasked = "client frame is not masked";
constexpr std::string_view kNotMinimal = "length is not in its shortest form";
constexpr std::string_view kTopBit = "the highest bit of a 64-bit length is set";
constexpr std::string_view kOneByte = "close frame of one byte: a code has two";
constexpr std::string_view kBadCode = "close code that may not be sent";
constexpr std::string_view kBadReason = "close reason is not valid UTF-8";
constexpr std::string_view kBadText = "text is not valid UTF-8";
constexpr std::string_view kTooBig = "message is larger than allowed";
constexpr std::string_view kTooMany = "message has more fragments than allowed";

struct Case {
  std::string what;  // with the section of RFC 6455
  std::string bytes;
  std::vector<Told> told;
};

// Whole, byte by byte, and cut in two and in three at every position: the events are the same.
void ExpectHoweverCut(const Case& c, const FrameReader::Limits& limits = kLimits) {
  SCOPED_TRACE(c.what);
  const std::string_view bytes = c.bytes;
  const auto check = [&](const std::vector<std::string_view>& pieces) {
    FrameFeeder feeder(limits);
    for (const std::string_view piece : pieces) feeder.Feed(piece);
    EXPECT_EQ(feeder.told(), c.told)
        << pieces.size() << " pieces, the first of " << pieces.front().size() << " bytes";
    EXPECT_TRUE(feeder.sound());
    EXPECT_LE(feeder.most_leftover(), FrameReader::kMaxLeftover);
    return !::testing::Test::HasFailure();
  };
  if (!check({bytes})) return;
  std::vector<std::string_view> single;
  for (size_t i = 0; i < bytes.size(); ++i) single.push_back(bytes.substr(i, 1));
  if (!check(single)) return;
  for (size_t i = 0; i <= bytes.size(); ++i) {
    if (!check({bytes.substr(0, i), bytes.substr(i)})) return;
    // All pairs of cuts for short inputs, a sample for long ones.
    const size_t step = bytes.size() <= 100 ? 1 : bytes.size() / 20;
    for (size_t j = i; j <= bytes.size(); j += step) {
      if (!check({bytes.substr(0, i), bytes.substr(i, j - i), bytes.substr(j)})) return;
    }
  }
}

TEST(FrameReaderTest, ReadsTheFramesOfTheStandardsExamples) {
  // Section 5.7, byte for byte.
  ExpectHoweverCut({"5.7 masked text Hello",
                    std::string("\x81\x85\x37\xfa\x21\x3d\x7f\x9f\x4d\x51\x58", 11),
                    {TextTold("Hello")}});
  ExpectHoweverCut({"5.7 masked pong Hello",
                    std::string("\x8a\x85\x37\xfa\x21\x3d\x7f\x9f\x4d\x51\x58", 11),
                    {PongTold("Hello")}});
}

TEST(FrameReaderTest, RefusesFramesThatAreNotMasked) {
  for (const int opcode : {1, 2, 8, 9, 10}) {
    ExpectHoweverCut({"5.1 not masked, opcode " + std::to_string(opcode),
                      ClientFrame{.opcode = opcode, .masked = false}.Bytes(),
                      {ErrorTold(1002, kNotMasked)}});
  }
  ExpectHoweverCut({"5.1 not masked, continuation",
                    Text("a", false) + ClientFrame{.opcode = 0, .masked = false}.Bytes(),
                    {ErrorTold(1002, kNotMasked)}});
}

TEST(FrameReaderTest, UnmasksWithEachKey) {
  for (const uint32_t key : {0u, 1u, 0xFF000000u, 0x80808080u, 0xFFFFFFFFu}) {
    ExpectHoweverCut({"5.3 key " + std::to_string(key),
                      ClientFrame{.payload = "masked with this", .key = key}.Bytes() +
                          ClientFrame{.opcode = 9, .payload = "ping", .key = key}.Bytes(),
                      {TextTold("masked with this"), PingTold("ping")}});
  }
}

TEST(FrameReaderTest, RefusesReservedBits) {
  for (const int reserved : {1, 2, 4, 7}) {
    for (const int opcode : {1, 2, 8, 9, 10}) {
      ExpectHoweverCut({"5.2 RSV " + std::to_string(reserved),
                        ClientFrame{.opcode = opcode, .reserved = reserved}.Bytes(),
                        {ErrorTold(1002, kReserved)}});
    }
  }
}

TEST(FrameReaderTest, RefusesOpcodesWithoutMeaning) {
  for (const int opcode : {3, 4, 5, 6, 7, 11, 12, 13, 14, 15}) {
    for (const bool fin : {false, true}) {
      ExpectHoweverCut({"5.2 opcode " + std::to_string(opcode),
                        Text("before") + ClientFrame{.opcode = opcode, .fin = fin}.Bytes(),
                        {TextTold("before"), ErrorTold(1002, kUnknownOpcode)}});
    }
  }
}

TEST(FrameReaderTest, TakesLengthsInTheirShortestFormOnly) {
  struct Length {
    size_t bytes;
    size_t extended;
    bool valid;
  };
  for (const Length& length : std::initializer_list<Length>{{0, 0, true},
                                                            {1, 0, true},
                                                            {125, 0, true},
                                                            {0, 2, false},
                                                            {125, 2, false},
                                                            {126, 2, true},
                                                            {127, 2, true},
                                                            {65535, 2, true},
                                                            {0, 8, false},
                                                            {125, 8, false},
                                                            {126, 8, false},
                                                            {65535, 8, false},
                                                            {65536, 8, true}}) {
    const std::string payload(length.bytes, 'x');
    const std::string bytes =
        ClientFrame{.opcode = 2, .payload = payload, .extended = length.extended}.Bytes();
    const std::vector<Told> told = {length.valid ? BinaryTold(payload)
                                                 : ErrorTold(1002, kNotMinimal)};
    const std::string what = "5.2 length " + std::to_string(length.bytes) + " in " +
                             std::to_string(length.extended) + " bytes";
    if (length.bytes < 1000) {
      ExpectHoweverCut({what, bytes, told});
      continue;
    }
    for (const size_t cut : {0, 1, 2, 3, 9, 10, 13, 14, 15, 4096, 65535}) {
      EXPECT_EQ(TellPieces(kLimits, {std::string_view(bytes).substr(0, cut),
                                     std::string_view(bytes).substr(cut)}),
                told)
          << what << ", cut at " << cut;
    }
  }
}

TEST(FrameReaderTest, RefusesLengthsWithTheHighestBit) {
  for (const uint64_t length : {uint64_t{1} << 63, ~uint64_t{0}}) {
    ExpectHoweverCut({"5.2 highest bit of a 64-bit length",
                      ClientFrame{.opcode = 2, .extended = 8, .announced = length}.Bytes(),
                      {ErrorTold(1002, kTopBit)}});
  }
  ExpectHoweverCut({"5.2 all other bits",
                    ClientFrame{.opcode = 2, .extended = 8, .announced = ~uint64_t{0} >> 1}.Bytes(),
                    {ErrorTold(1009, kTooBig)}});
}

TEST(FrameReaderTest, JoinsFragments) {
  const std::vector<Case> cases = {
      {"5.4 two", Text("Hel", false) + Continuation("lo"), {TextTold("Hello")}},
      {"5.4 three, binary",
       Binary("a", false) + Continuation("b", false) + Continuation("c"),
       {BinaryTold("abc")}},
      {"5.4 empty ones between",
       Text("", false) + Continuation("", false) + Continuation("x", false) + Continuation(""),
       {TextTold("x")}},
      {"5.4 all empty", Binary("", false) + Continuation(""), {BinaryTold("")}},
      {"5.4 one message after the other",
       Text("a", false) + Continuation("b") + Binary("c", false) + Continuation("d") + Text("e"),
       {TextTold("ab"), BinaryTold("cd"), TextTold("e")}},
      {"5.4 each frame has its own key",
       ClientFrame{.opcode = 1, .payload = "abc", .fin = false, .key = 0x01020304}.Bytes() +
           ClientFrame{.opcode = 0, .payload = "def", .key = 0xA0B0C0D0}.Bytes(),
       {TextTold("abcdef")}},
  };
  for (const Case& c : cases) ExpectHoweverCut(c);
}

TEST(FrameReaderTest, TellsControlFramesBetweenFragments) {
  const std::vector<Case> cases = {
      {"5.4, 5.5 ping within a message",
       Text("a", false) + Ping("p") + Continuation("b", false) + Pong("q") + Continuation("c"),
       {PingTold("p"), PongTold("q"), TextTold("abc")}},
      {"5.5.1 close within a message",
       Text("a", false) + Close(1001, "bye") + Continuation("b"),
       {CloseTold(1001, "bye")}},
      {"5.4 the kind of the message stays after a control frame",
       Binary("\xFF", false) + Ping("") + Continuation("\xFE"),
       {PingTold(""), BinaryTold("\xFF\xFE")}},
  };
  for (const Case& c : cases) ExpectHoweverCut(c);
}

TEST(FrameReaderTest, RefusesFragmentsOutOfOrder) {
  const std::vector<Case> cases = {
      {"5.4 nothing to continue", Continuation("a"), {ErrorTold(1002, kNothingToContinue)}},
      {"5.4 nothing to continue, not final",
       Continuation("a", false),
       {ErrorTold(1002, kNothingToContinue)}},
      {"5.4 nothing to continue after a message",
       Text("a") + Continuation("b"),
       {TextTold("a"), ErrorTold(1002, kNothingToContinue)}},
      {"5.4 nothing to continue after fragments",
       Text("a", false) + Continuation("b") + Continuation("c"),
       {TextTold("ab"), ErrorTold(1002, kNothingToContinue)}},
      {"5.4 text within a message", Text("a", false) + Text("b"), {ErrorTold(1002, kUnfinished)}},
      {"5.4 binary within a message",
       Text("a", false) + Continuation("b", false) + Binary("c", false),
       {ErrorTold(1002, kUnfinished)}},
      {"5.4 text within an empty one", Text("", false) + Text(""), {ErrorTold(1002, kUnfinished)}},
  };
  for (const Case& c : cases) ExpectHoweverCut(c);
}

TEST(FrameReaderTest, BoundsControlFrames) {
  const std::string most(125, 'p');
  const std::string more(126, 'p');
  for (const int opcode : {8, 9, 10}) {
    const std::string what = "5.5 opcode " + std::to_string(opcode);
    ExpectHoweverCut({what + " of 126 bytes",
                      ClientFrame{.opcode = opcode, .payload = more}.Bytes(),
                      {ErrorTold(1002, kControlTooLong)}});
    ExpectHoweverCut({what + " with a 64-bit length",
                      ClientFrame{.opcode = opcode, .extended = 8, .announced = 70000}.Bytes(),
                      {ErrorTold(1002, kControlTooLong)}});
    ExpectHoweverCut({what + " without FIN",
                      ClientFrame{.opcode = opcode, .fin = false}.Bytes(),
                      {ErrorTold(1002, kControlFragmented)}});
  }
  ExpectHoweverCut({"5.5.2 125 bytes", Ping(most) + Pong(most), {PingTold(most), PongTold(most)}});
  ExpectHoweverCut({"5.5.2 none", Ping("") + Pong(""), {PingTold(""), PongTold("")}});
  ExpectHoweverCut({"5.5.2 any bytes", Ping("\xFF\xC0"), {PingTold("\xFF\xC0")}});
}

TEST(FrameReaderTest, ReadsCloseFrames) {
  const std::string longest(123, 'r');
  const std::vector<Case> cases = {
      {"5.5.1 empty", CloseRaw(""), {CloseTold(1005)}},
      {"5.5.1 one byte", CloseRaw("\x03"), {ErrorTold(1002, kOneByte)}},
      {"5.5.1 code alone", Close(1000), {CloseTold(1000)}},
      {"5.5.1 reason", Close(4001, "gr\xC3\xBC\xC3\x9F"), {CloseTold(4001, "gr\xC3\xBC\xC3\x9F")}},
      {"5.5.1 longest reason", Close(1000, longest), {CloseTold(1000, longest)}},
      {"5.5.1 reason is not UTF-8", Close(1000, "\xFF"), {ErrorTold(1007, kBadReason)}},
      {"5.5.1 reason ends in a character", Close(1000, "a\xC3"), {ErrorTold(1007, kBadReason)}},
      {"1.4 what follows is discarded",
       Close(1000) + Text("late") + "\xFF\xFF\xFF not even frames",
       {CloseTold(1000)}},
  };
  for (const Case& c : cases) ExpectHoweverCut(c);
}

TEST(FrameReaderTest, JudgesEachCloseCode) {
  for (int code = 0; code <= 0xFFFF; ++code) {
    const bool valid = (code >= 1000 && code <= 1003) || (code >= 1007 && code <= 1014) ||
                       (code >= 3000 && code <= 4999);
    const std::vector<Told> told = {valid ? CloseTold(static_cast<uint16_t>(code), "why")
                                          : ErrorTold(1002, kBadCode)};
    ASSERT_EQ(TellPieces(kLimits, {Close(static_cast<uint16_t>(code), "why")}), told)
        << "7.4.1, 7.4.2 code " << code;
  }
}

TEST(FrameReaderTest, ChecksTextWhole) {
  const std::string kappa = "\xCE\xBA\xE1\xBD\xB9\xCF\x83\xCE\xBC\xCE\xB5";
  const std::vector<Case> cases = {
      {"8.1 characters of each length",
       Text("a\xC3\xA9\xE2\x82\xAC\xF0\x9F\x8C\x8D"),
       {TextTold("a\xC3\xA9\xE2\x82\xAC\xF0\x9F\x8C\x8D")}},
      {"8.1 a character cut between fragments",
       Text("\xF0", false) + Continuation("\x9F", false) + Ping("p") + Continuation("\x8C\x8D"),
       {PingTold("p"), TextTold("\xF0\x9F\x8C\x8D")}},
      {"8.1 bad byte", Text(kappa + "\xED\xA0\x80"), {ErrorTold(1007, kBadText)}},
      {"8.1 bad byte in a fragment",
       Text(kappa, false) + Continuation("\xED\xA0\x80", false),
       {ErrorTold(1007, kBadText)}},
      {"8.1 bad across fragments",
       Text("\xF4", false) + Continuation("\x90", false),
       {ErrorTold(1007, kBadText)}},
      {"8.1 ends in a character", Text("a\xE2\x82"), {ErrorTold(1007, kBadText)}},
      {"8.1 ends in a character, fragmented",
       Text("a\xE2", false) + Continuation("\x82"),
       {ErrorTold(1007, kBadText)}},
      {"8.1 ends in a character before an empty last fragment",
       Text("a\xE2\x82", false) + Continuation(""),
       {ErrorTold(1007, kBadText)}},
      {"8.1 a cut character is not carried into the next message",
       Text("\xC3\xA9", false) + Continuation("") + Text("\xA9"),
       {TextTold("\xC3\xA9"), ErrorTold(1007, kBadText)}},
      {"5.6 binary is not text", Binary("\xFF\xC0\x80"), {BinaryTold("\xFF\xC0\x80")}},
      {"5.6 binary fragments are not text",
       Binary("\xE2", false) + Continuation("\xFF"),
       {BinaryTold("\xE2\xFF")}},
      {"5.6 NUL is text", Text(std::string_view("\0a", 2)), {TextTold(std::string_view("\0a", 2))}},
  };
  for (const Case& c : cases) ExpectHoweverCut(c);
}

TEST(FrameReaderTest, FailsWithTheFirstBadByteOfAText) {
  // The frame announces 1,000 bytes; the error comes with byte 5 of them.
  std::string payload = "good\xC0";
  payload.resize(1000, 'x');
  const std::string bytes = Text(payload);
  const size_t header = 2 + 2 + 4;
  FrameFeeder feeder(kLimits);
  feeder.Feed(std::string_view(bytes).substr(0, header + 4));
  EXPECT_TRUE(feeder.told().empty());
  feeder.Feed(std::string_view(bytes).substr(header + 4, 1));
  EXPECT_EQ(feeder.told(), std::vector<Told>{ErrorTold(1007, kBadText)});
}

TEST(FrameReaderTest, FailsWithTheFirstBadByteOfAHeader) {
  // One byte is enough for what stands in it.
  EXPECT_EQ(TellPieces(kLimits, {"\xC1"}), std::vector<Told>{ErrorTold(1002, kReserved)});
  EXPECT_EQ(TellPieces(kLimits, {"\x83"}), std::vector<Told>{ErrorTold(1002, kUnknownOpcode)});
  EXPECT_EQ(TellPieces(kLimits, {"\x09"}), std::vector<Told>{ErrorTold(1002, kControlFragmented)});
  EXPECT_EQ(TellPieces(kLimits, {"\x80"}), std::vector<Told>{ErrorTold(1002, kNothingToContinue)});
  EXPECT_EQ(TellPieces(kLimits, {"\x81\x05"}), std::vector<Told>{ErrorTold(1002, kNotMasked)});
  EXPECT_EQ(TellPieces(kLimits, {"\x89\xFE"}), std::vector<Told>{ErrorTold(1002, kControlTooLong)});
  EXPECT_EQ(TellPieces(kLimits, {"\x88\x81"}), std::vector<Told>{ErrorTold(1002, kOneByte)});
  EXPECT_EQ(TellPieces(kLimits, {"\x81"}), std::vector<Told>{});
}

TEST(FrameReaderTest, BoundsTheSizeOfAMessage) {
  const FrameReader::Limits limits = {.max_message_bytes = 10};
  const std::vector<Case> cases = {
      {"7.4.1 as large as allowed", Binary("0123456789"), {BinaryTold("0123456789")}},
      {"7.4.1 one byte more", Binary("0123456789a"), {ErrorTold(1009, kTooBig)}},
      {"7.4.1 fragments as large as allowed",
       Text("01234", false) + Continuation("56789"),
       {TextTold("0123456789")}},
      {"7.4.1 fragments of one byte more",
       Text("01234", false) + Continuation("5678", false) + Continuation("9a"),
       {ErrorTold(1009, kTooBig)}},
      {"7.4.1 each message anew",
       Text("01234", false) + Continuation("56789") + Text("0123456789"),
       {TextTold("0123456789"), TextTold("0123456789")}},
      {"5.5 control frames do not count",
       Text("01234", false) + Ping("0123456789abc") + Continuation("56789"),
       {PingTold("0123456789abc"), TextTold("0123456789")}},
  };
  for (const Case& c : cases) ExpectHoweverCut(c, limits);
  ExpectHoweverCut({"7.4.1 a limit of nothing, kept", Text(""), {TextTold("")}},
                   {.max_message_bytes = 0});
  ExpectHoweverCut({"7.4.1 a limit of nothing, broken", Text("a"), {ErrorTold(1009, kTooBig)}},
                   {.max_message_bytes = 0});
}

TEST(FrameReaderTest, JudgesTheSizeByTheAnnouncedLength) {
  const FrameReader::Limits limits = {.max_message_bytes = 1000};
  const std::vector<Told> too_big = {ErrorTold(1009, kTooBig)};
  // Neither the mask nor a byte of the payload is there.
  EXPECT_EQ(TellPieces(limits, {std::string_view("\x82\xFE\x03\xE9", 4)}), too_big);
  EXPECT_EQ(TellPieces(limits, {std::string_view("\x82\xFE\x03\xE8", 4)}), std::vector<Told>{});
  EXPECT_EQ(TellPieces(limits, {std::string_view("\x82\xFF\x7F\xFF\xFF\xFF\xFF\xFF\xFF\xFF", 10)}),
            too_big);
  // What fragments announce adds up, and does not wrap.
  EXPECT_EQ(TellPieces(limits, {Binary("a", false),
                                std::string_view("\x00\xFF\x7F\xFF\xFF\xFF\xFF\xFF\xFF\xFF", 10)}),
            too_big);
}

TEST(FrameReaderTest, BoundsTheFragmentsOfAMessage) {
  const FrameReader::Limits limits = {.max_fragments = 3};
  const std::vector<Case> cases = {
      {"10.4 as many as allowed",
       Text("a", false) + Continuation("b", false) + Continuation("c"),
       {TextTold("abc")}},
      {"10.4 one more",
       Text("a", false) + Continuation("b", false) + Continuation("c", false) + Continuation("d"),
       {ErrorTold(1009, kTooMany)}},
      {"10.4 one more, empty",
       Text("", false) + Continuation("", false) + Continuation("", false) +
           Continuation("", false),
       {ErrorTold(1009, kTooMany)}},
      {"10.4 each message anew",
       Text("a", false) + Continuation("b", false) + Continuation("c") + Text("d", false) +
           Continuation("e", false) + Continuation("f"),
       {TextTold("abc"), TextTold("def")}},
      {"10.4 control frames do not count",
       Text("a", false) + Ping("") + Ping("") + Continuation("b", false) + Ping("") +
           Continuation("c"),
       {PingTold(""), PingTold(""), PingTold(""), TextTold("abc")}},
  };
  for (const Case& c : cases) ExpectHoweverCut(c, limits);
  ExpectHoweverCut({"10.4 one frame is no fragment", Text("a"), {TextTold("a")}},
                   {.max_fragments = 1});
  ExpectHoweverCut(
      {"10.4 none allowed", Text("a", false) + Continuation("b"), {ErrorTold(1009, kTooMany)}},
      {.max_fragments = 1});
}

TEST(FrameReaderTest, ManyFramesInOneReadComeOneByOne) {
  std::string bytes;
  std::vector<Told> told;
  for (int i = 0; i < 500; ++i) {
    const std::string payload = std::to_string(i);
    bytes += Text(payload) + Ping(payload) + Binary(payload);
    told.insert(told.end(), {TextTold(payload), PingTold(payload), BinaryTold(payload)});
  }
  EXPECT_EQ(TellPieces(kLimits, {bytes}), told);
}

TEST(FrameReaderTest, AnErrorIsFinal) {
  FrameReader reader(kLimits);
  std::string bytes = "\xFF and more";
  std::span<char> input(bytes);
  ASSERT_EQ(reader.Next(&input), Event::kError);
  EXPECT_TRUE(input.empty());
  EXPECT_TRUE(reader.idle());
  for (int i = 0; i < 3; ++i) {
    std::string good = Text("a");
    input = good;
    EXPECT_EQ(reader.Next(&input), Event::kError);
    EXPECT_TRUE(input.empty());
    EXPECT_EQ(reader.error().close_code, 1002);
    EXPECT_EQ(reader.error().reason, kReserved);
  }
  input = {};
  EXPECT_EQ(reader.Next(&input), Event::kError);
}

TEST(FrameReaderTest, AnErrorFreesWhatWasHeld) {
  FrameFeeder feeder(kLimits);
  feeder.Feed(Text("held", false));
  EXPECT_EQ(feeder.reader().buffered_bytes(), 4u);
  EXPECT_FALSE(feeder.reader().idle());
  feeder.Feed(Text("x"));
  EXPECT_EQ(feeder.reader().buffered_bytes(), 0u);
  EXPECT_TRUE(feeder.reader().idle());
}

TEST(FrameReaderTest, ACloseFreesWhatWasHeld) {
  FrameFeeder feeder(kLimits);
  feeder.Feed(Text("held", false) + Close(1000));
  EXPECT_TRUE(feeder.reader().idle());
  feeder.Feed(Continuation("late"));
  EXPECT_TRUE(feeder.reader().idle());
  EXPECT_TRUE(feeder.leftover().empty());
  EXPECT_EQ(feeder.told(), std::vector<Told>{CloseTold(1000)});
}

TEST(FrameReaderTest, AMessageThatCameWholeIsNotCopied) {
  FrameReader reader(kLimits);
  std::string bytes = Text("first") + Binary("second");
  std::span<char> input(bytes);
  for (const std::string_view expected : {"first", "second"}) {
    ASSERT_EQ(reader.Next(&input), Event::kMessage);
    EXPECT_EQ(reader.payload(), expected);
    EXPECT_GE(reader.payload().data(), bytes.data());
    EXPECT_LT(reader.payload().data(), bytes.data() + bytes.size());
    EXPECT_TRUE(reader.idle());
  }
  EXPECT_EQ(reader.Next(&input), Event::kNeedMore);
}

TEST(FrameReaderTest, AMessageThatWasCutIsHeldUntilTheNextCall) {
  FrameReader reader(kLimits);
  std::string bytes = Text("one two");
  std::string rest = bytes.substr(9);
  std::span<char> input(bytes.data(), 9);
  ASSERT_EQ(reader.Next(&input), Event::kNeedMore);
  EXPECT_TRUE(input.empty());
  EXPECT_EQ(reader.buffered_bytes(), 3u);
  input = rest;
  ASSERT_EQ(reader.Next(&input), Event::kMessage);
  EXPECT_EQ(reader.payload(), "one two");
  EXPECT_FALSE(reader.idle());
  ASSERT_EQ(reader.Next(&input), Event::kNeedMore);
  EXPECT_TRUE(reader.idle());
}

TEST(FrameReaderTest, LeavesNoMoreThanAnIncompleteHeaderOrControlFrame) {
  const std::string most(125, 'p');
  const std::string ping = Ping(most);
  FrameFeeder feeder(kLimits);
  for (const char& byte : ping) feeder.Feed({&byte, 1});
  EXPECT_EQ(feeder.most_leftover(), FrameReader::kMaxLeftover);
  EXPECT_LT(FrameReader::kMaxLeftover, 14u + 125u);

  // A data frame leaves nothing once its header is there.
  const std::string text = Text(std::string(1000, 't'));
  FrameFeeder data(kLimits);
  data.Feed(std::string_view(text).substr(0, 7));
  EXPECT_EQ(data.leftover().size(), 7u);
  data.Feed(std::string_view(text).substr(7, 1));
  EXPECT_TRUE(data.leftover().empty());
  data.Feed(std::string_view(text).substr(8, 900));
  EXPECT_TRUE(data.leftover().empty());
  EXPECT_EQ(data.reader().buffered_bytes(), 900u);
}

TEST(FrameReaderTest, ReasonsFitIntoACloseFrame) {
  for (const std::string_view reason :
       {kReserved, kUnknownOpcode, kNothingToContinue, kUnfinished, kControlFragmented,
        kControlTooLong, kNotMasked, kNotMinimal, kTopBit, kOneByte, kBadCode, kBadReason, kBadText,
        kTooBig, kTooMany}) {
    EXPECT_LE(reason.size(), 123u) << reason;
  }
}

TEST(FrameReaderTest, TheSizesOfThePublicConformanceSuitePass) {
  // Its heaviest cases: 4 MiB in fragments of 64 bytes, and in one frame that comes in pieces.
  const FrameReader::Limits limits = {.max_message_bytes = 4 << 20};
  const std::string message(4 << 20, '*');
  const std::string_view view = message;
  std::string fragments;
  for (size_t at = 0; at < view.size(); at += 64) {
    const bool last = at + 64 == view.size();
    fragments +=
        ClientFrame{.opcode = at == 0 ? 1 : 0, .payload = view.substr(at, 64), .fin = last}.Bytes();
  }
  EXPECT_EQ(TellPieces(limits, {fragments}), std::vector<Told>{TextTold(message)});

  const std::string frame = Binary(message);
  std::vector<std::string_view> pieces;
  for (size_t at = 0; at < frame.size(); at += 1460) {
    pieces.push_back(std::string_view(frame).substr(at, 1460));
  }
  EXPECT_EQ(TellPieces(limits, pieces), std::vector<Told>{BinaryTold(message)});
}

}  // namespace
}  // namespace hookcast::websocket::testing
