// RFC 6455, sections 5.1 to 5.3 and 5.5 to 5.8: single frames, and control frames.

#include <string>
#include <vector>

#include "absl/strings/str_cat.h"
#include "tests/conformance/tables.h"

namespace hookcast::conformance {
namespace {

std::string Filled(size_t size) {
  std::string text(size, '\0');
  for (size_t i = 0; i < size; ++i) text[i] = static_cast<char>('a' + i % 23);
  return text;
}

std::string EachByte() {
  std::string bytes;
  for (int i = 0; i < 256; ++i) bytes.push_back(static_cast<char>(i));
  return bytes;
}

// The same length in each form that could carry it: section 5.2 allows the shortest alone.
Rule LengthRule() {
  Rule rule{"5.2",
            "The payload's length is 7, 7+16 or 7+64 bits, in the shortest form; the server's own "
            "frames too",
            {}};
  for (const size_t size : {0, 1, 124, 125, 126, 127, 128, 65534, 65535, 65536, 65537}) {
    rule.cases.push_back(
        Accepts(absl::StrCat("TextOf", size), [=] { return Echo(Text(Filled(size))); }));
    rule.cases.push_back(
        Accepts(absl::StrCat("BinaryOf", size), [=] { return Echo(Binary(Filled(size))); }));
  }
  for (const size_t size : {0, 1, 125}) {
    rule.cases.push_back(
        Refuses(absl::StrCat(size, "In16Bits"), Send(Text(Filled(size)).LengthIn(2)), 1002));
  }
  for (const size_t size : {0, 125, 126, 65535}) {
    rule.cases.push_back(
        Refuses(absl::StrCat(size, "In64Bits"), Send(Binary(Filled(size)).LengthIn(8)), 1002));
  }
  return rule;
}

Rule ReservedBitRule() {
  Rule rule{"5.2",
            "RSV1, RSV2 and RSV3 are 0 unless an extension was negotiated that defines them; else "
            "the connection fails",
            {Accepts("NoReservedBit", Echo(Text("x")))}};
  for (int rsv = 1; rsv <= 7; ++rsv) {
    rule.cases.push_back(Refuses(absl::StrCat("Rsv", rsv), Send(Text("x").Rsv(rsv)), 1002));
  }
  rule.cases.push_back(Refuses("Rsv1OnBinary", Send(Binary("x").Rsv(4)), 1002));
  rule.cases.push_back(Refuses("Rsv1OnAnEmptyText", Send(Text("").Rsv(4)), 1002));
  rule.cases.push_back(
      Refuses("Rsv1OnAContinuation", {Send(TextPart("a")), Send(Last("b").Rsv(4))}, 1002));
  rule.cases.push_back(Refuses("Rsv1OnAPing", Send(Ping("x").Rsv(4)), 1002));
  rule.cases.push_back(Refuses("Rsv2OnAPong", Send(Pong("x").Rsv(2)), 1002));
  rule.cases.push_back(Refuses("Rsv3OnAClose", Send(Close(1000).Rsv(1)), 1002));
  rule.cases.push_back(Refuses(
      "Rsv2BehindAGoodMessage",
      {Send(Text("good")), Send(Text("bad").Rsv(2)), Send(Ping()), Get(Text("good"))}, 1002));
  return rule;
}

Rule OpcodeRule() {
  Rule rule{"5.2",
            "Opcodes 0 to 2 and 8 to 10 are defined; upon any other the connection fails",
            {Accepts("Text", Echo(Text("x"))), Accepts("Binary", Echo(Binary("x"))),
             Accepts("Continuation", {Send(TextPart("a")), Send(Last("b")), Get(Text("ab"))}),
             Accepts("Close", {Send(Close(1000)), GetClose(1000)}),
             Accepts("Ping", {Send(Ping("x")), Get(Pong("x"))}), Accepts("Pong", Send(Pong("x")))}};
  for (const int opcode : {3, 4, 5, 6, 7, 11, 12, 13, 14, 15}) {
    rule.cases.push_back(
        Refuses(absl::StrCat("Opcode", opcode), Send(Text("x").Opcode(opcode)), 1002));
  }
  rule.cases.push_back(Refuses("Opcode3WithoutPayload", Send(Text("").Opcode(3)), 1002));
  rule.cases.push_back(
      Refuses("Opcode5InsideAMessage", {Send(TextPart("a")), Send(Text("x").Opcode(5))}, 1002));
  rule.cases.push_back(
      Refuses("Opcode11InsideAMessage", {Send(TextPart("a")), Send(Ping("x").Opcode(11))}, 1002));
  rule.cases.push_back(Refuses(
      "Opcode6BehindAGoodMessage",
      {Send(Text("good")), Send(Text("bad").Opcode(6)), Send(Ping()), Get(Text("good"))}, 1002));
  return rule;
}

Rule MaskRule() {
  return {
      "5.1",
      "A client masks all of its frames; the server closes upon one that is not masked",
      {Accepts("Masked", Echo(Text("x"))),
       Refuses("TextNotMasked", Send(Text("x").Unmasked()), 1002),
       Refuses("BinaryNotMasked", Send(Binary("x").Unmasked()), 1002),
       Refuses("EmptyTextNotMasked", Send(Text("").Unmasked()), 1002),
       Refuses("ContinuationNotMasked", {Send(TextPart("a")), Send(Last("b").Unmasked())}, 1002),
       Refuses("PingNotMasked", Send(Ping("x").Unmasked()), 1002),
       Refuses("PongNotMasked", Send(Pong("x").Unmasked()), 1002),
       Refuses("CloseNotMasked", Send(Close(1000).Unmasked()), 1002),
       Refuses("LongTextNotMasked", Send(Text(Filled(70'000)).Unmasked()), 1002),
       Refuses("SecondNotMasked",
               {Send(Text("good")), Send(Text("bad").Unmasked()), Get(Text("good"))}, 1002)}};
}

Rule MaskingRule() {
  Rule rule{
      "5.3",
      "Byte i of the payload is masked with byte i mod 4 of the frame's own key, whatever the "
      "key; the server unmasks (6.2)",
      {Accepts("KeyOfZeros", Echo(Text("Hello").Key(0))),
       Accepts("KeyOfOnes", Echo(Text("Hello").Key(0xFFFFFFFF))),
       Accepts("KeyOfOneByte", Echo(Binary(EachByte()).Key(0x000000FF))),
       Accepts("AKeyForEachFrame",
               {Send(TextPart("He").Key(0x01020304)), Send(More("ll").Key(0xA0B0C0D0)),
                Send(Last("o").Key(0x80000001)), Get(Text("Hello"))}),
       Accepts("MaskedPing", {Send(Ping(Filled(125)).Key(0x12345678)), Get(Pong(Filled(125)))})},
      true};
  for (size_t size = 1; size <= 17; size += 2) {
    rule.cases.push_back(Accepts(absl::StrCat("MaskedBytes", size), Echo(Binary(Filled(size)))));
  }
  return rule;
}

Rule ServerMaskRule() {
  return {"5.1",
          "A server does not mask its frames",
          {Accepts("EchoIsNotMasked", Echo(Text("x"))),
           Accepts("PongIsNotMasked", {Send(Ping("x")), Get(Pong("x"))}),
           Accepts("CloseIsNotMasked", {Send(Close(1000)), GetClose(1000)})},
          true};
}

std::vector<Rule> LengthRules() {
  return {
      LengthRule(),
      {"5.2",
       "The highest bit of a 64-bit length is 0",
       {Accepts("HighestBitClear", [] { return Echo(Binary(Filled(65536))); }),
        Refuses("HighestBitSet", Send(Binary("").LengthIn(8).Announcing(1ULL << 63)), 1002),
        Refuses("AllBitsSet", Send(Text("").LengthIn(8).Announcing(~0ULL)), 1002)}},
  };
}

std::vector<Rule> ControlRules() {
  return {
      {"5.5",
       "A control frame has at most 125 bytes of payload",
       {Accepts("PingOf125", {Send(Ping(Filled(125))), Get(Pong(Filled(125)))}),
        Accepts("PongOf125", Send(Pong(Filled(125)))),
        Refuses("PingOf126", Send(Ping(Filled(126))), 1002),
        Refuses("PongOf126", Send(Pong(Filled(126))), 1002),
        Refuses("CloseOf126", Send(CloseRaw("\x03\xE8" + Filled(124))), 1002),
        Refuses("PingOf65536", Send(Ping(Filled(65536))), 1002),
        Refuses("PingOf5In16Bits", Send(Ping("hello").LengthIn(2)), 1002)}},
      {"5.5",
       "A control frame is not fragmented",
       {Accepts("PingInOneFrame", {Send(Ping("x")), Get(Pong("x"))}),
        Refuses("PingInTwoFrames", {Send(Ping("a").NotFinal()), Send(Last("b"))}, 1002),
        Refuses("PongInTwoFrames", {Send(Pong("a").NotFinal()), Send(Last("b"))}, 1002),
        Refuses("CloseInTwoFrames", {Send(Close(1000).NotFinal()), Send(Last("b"))}, 1002),
        Refuses("EmptyPingNotFinal", Send(Ping().NotFinal()), 1002),
        Refuses("PingNotFinalInsideAMessage", {Send(TextPart("a")), Send(Ping("x").NotFinal())},
                1002)}},
      {"5.5.2",
       "A Ping is answered by a Pong (5.5.3: with the same application data)",
       {Accepts("EmptyPing", {Send(Ping()), Get(Pong())}),
        Accepts("PingOfText", {Send(Ping("Hello, world!")), Get(Pong("Hello, world!"))}),
        Accepts("PingOfBinary", {Send(Ping(std::string("\x00\xFF\xFE\xFD\xFC\xFB\x00\xFF", 8))),
                                 Get(Pong(std::string("\x00\xFF\xFE\xFD\xFC\xFB\x00\xFF", 8)))}),
        Accepts("TenPings", Repeat(10, {Send(Ping("again")), Get(Pong("again"))})),
        Accepts(
            "TenPingsAtOnce",
            {Send(Ping("0")), Send(Ping("1")), Send(Ping("2")), Send(Ping("3")), Send(Ping("4")),
             Send(Ping("5")), Send(Ping("6")), Send(Ping("7")), Send(Ping("8")), Send(Ping("9")),
             Get(Pong("0")),  Get(Pong("1")),  Get(Pong("2")),  Get(Pong("3")),  Get(Pong("4")),
             Get(Pong("5")),  Get(Pong("6")),  Get(Pong("7")),  Get(Pong("8")),  Get(Pong("9"))}),
        Accepts("PingBetweenMessages", {Send(Text("a")), Send(Ping("p")), Send(Text("b")),
                                        Get(Text("a")), Get(Pong("p")), Get(Text("b"))})},
       true},
      {"5.5.2",
       "... unless a Close was received already",
       {Accepts("PingBehindAClose",
                {Send(Close(1000)), Send(Ping("too late")), GetClose(1000), GetEnd()}),
        Accepts("PingBeforeAClose",
                {Send(Ping("in time")), Send(Close(1000)), Get(Pong("in time")), GetClose(1000)})},
       true},
      {"5.5.3",
       "A Pong may come unsolicited and is not answered",
       {Accepts("UnsolicitedPong", Send(Pong("unasked"))),
        Accepts("UnsolicitedEmptyPong", Send(Pong())),
        Accepts("PongThenPing", {Send(Pong("unasked")), Send(Ping("asked")), Get(Pong("asked"))}),
        Accepts("ManyPongs", Repeat(100, Send(Pong("unasked"))))},
       true},
  };
}

std::vector<Rule> DataRules() {
  return {
      {"5.6",
       "Text is UTF-8; the payload of a binary message is arbitrary and comes back bit by bit",
       {Accepts("TextOfUtf8", Echo(Text("\xCE\xBA\xE1\xBD\xB9\xCF\x83\xCE\xBC\xCE\xB5"))),
        Accepts("TextOfNul", Echo(Text(std::string("\0", 1)))),
        Accepts("BinaryOfEachByte", Echo(Binary(EachByte()))),
        Accepts("BinaryThatIsNotUtf8", Echo(Binary("\xFF\xC0\xED\xA0\x80"))),
        Refuses("TextThatIsNotUtf8", Send(Text("\xFF")), 1007)}},
      {"5.6",
       "Messages may be empty",
       {Accepts("EmptyText", Echo(Text(""))), Accepts("EmptyBinary", Echo(Binary(""))),
        Accepts("EmptyTextBetweenOthers", {Echo(Text("a")), Echo(Text("")), Echo(Text("b"))})},
       true},
      {"5.7",
       "The examples of the standard",
       {Accepts("MaskedHello", {Send(std::string("\x81\x85\x37\xFA\x21\x3D\x7F\x9F\x4D\x51\x58")),
                                Get(Text("Hello"))}),
        Accepts("MaskedPong", Send(std::string("\x8A\x85\x37\xFA\x21\x3D\x7F\x9F\x4D\x51\x58"))),
        Accepts("FragmentedHello", {Send(TextPart("Hel")), Send(Last("lo")), Get(Text("Hello"))}),
        Accepts("Binary256", Echo(Binary(EachByte()))),
        Accepts("Binary64KiB", [] { return Echo(Binary(Filled(65536))); }),
        Refuses("UnmaskedHello", Send(std::string("\x81\x05\x48\x65\x6C\x6C\x6F")), 1002)}},
      {"6.1",
       "Messages go out whole and in the order in which they were sent",
       {Accepts("InOrder", {Send(Text("1")), Send(Binary("2")), Send(Text("3")), Get(Text("1")),
                            Get(Binary("2")), Get(Text("3"))}),
        Accepts("HundredInOrder",
                [] {
                  Dialogue sent, got;
                  for (int i = 0; i < 100; ++i) {
                    sent = {sent, Send(Text(absl::StrCat(i)))};
                    got = {got, Get(Text(absl::StrCat(i)))};
                  }
                  return Dialogue{sent, got};
                }())},
       true},
  };
}

}  // namespace

Table FrameTable() {
  Table table{.name = "Frames",
              .about = "Sections 5.1 to 5.3 and 5.5 to 6.2: single frames and control frames.",
              .config = R"(
shards: 1
routes:
  - { path: /echo, static: { on_message: echo } }
)",
              .rules = {ServerMaskRule(), MaskRule(), ReservedBitRule(), OpcodeRule()}};
  for (auto rules :
       {LengthRules(), std::vector<Rule>{MaskingRule()}, ControlRules(), DataRules()}) {
    table.rules.insert(table.rules.end(), rules.begin(), rules.end());
  }
  return table;
}

}  // namespace hookcast::conformance
