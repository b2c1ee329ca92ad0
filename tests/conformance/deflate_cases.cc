// RFC 7692, sections 5 to 7: permessage-deflate, on a route that compresses all messages from 256
// bytes on.

#include <string>
#include <vector>

#include "absl/strings/str_cat.h"
#include "tests/conformance/tables.h"
#include "tests/unit/edge/websocket/deflate_samples.h"

namespace hookcast::conformance {
namespace {

using namespace std::string_literals;
using websocket::testing::Deflated;
using websocket::testing::DeflatedFinal;
using websocket::testing::DeflatedInPieces;
using websocket::testing::Inflated;
using websocket::testing::Noise;

const std::string kExtensions = "Sec-WebSocket-Extensions";
const std::string kAnswer =
    "permessage-deflate; server_no_context_takeover; client_no_context_takeover";

// The example of section 7.2.3.1, and what it is compressed.
const std::string kHello = "\xf2\x48\xcd\xc9\xc9\x07\x00"s;

Request Offer(const std::string& parameters) {
  return Handshake().With(kExtensions, absl::StrCat("permessage-deflate", parameters));
}

// The offer is taken, with the answer that begins as it always does and ends like that.
Case Takes(std::string name, const Request& offer, const std::string& answer = "") {
  return Accepts(std::move(name), offer, {{kExtensions, kAnswer + answer}});
}

// The offer is declined: the handshake is accepted without the extension.
Case Declines(std::string name, const Request& offer) {
  Case row = Accepts(std::move(name), offer, {{kExtensions, ""}});
  row.refused = true;
  row.outcome = "declined";
  return row;
}

// The message comes compressed, in one frame.
Dialogue GetCompressed(const std::string& text, int opcode = 1, int window_bits = 15) {
  return Get(Expected{
      absl::StrCat("a compressed frame of ", text.size(), " bytes"), [=](const Event& event) {
        const Frame& frame = event.frame;
        return event.kind == Event::Kind::kFrame && frame.rsv == 4 && frame.fin &&
               frame.opcode == opcode && Inflated(frame.payload, window_bits) == text;
      }});
}

Dialogue SendCompressed(const std::string& text) { return Send(Text(Deflated(text)).Rsv(4)); }

const std::string kLong(1000, 'x');

std::vector<Rule> OfferRules() {
  return {
      {"5",
       "A server takes the first of the offers that it can take, whatever stands around it; what "
       "it answers was offered",
       {Takes("Alone", Offer("")),
        Takes("BehindAnother", Handshake().With(kExtensions, "x-other, permessage-deflate")),
        Takes(
            "OnASecondLine",
            Handshake().With(kExtensions, "x-other; a=1").With(kExtensions, "permessage-deflate")),
        Takes("TheFirstOfTwo", Offer("; server_max_window_bits=15, permessage-deflate"),
              "; server_max_window_bits=15"),
        Takes("TheSecondOfTwo", Offer("; server_max_window_bits=8, permessage-deflate")),
        Takes(
            "TheOneThatIsRight",
            Offer("; unknown, permessage-deflate; client_max_window_bits=16, permessage-deflate")),
        Declines("AnotherExtension", Handshake().With(kExtensions, "permessage-bzip2")),
        Declines("OlderName", Handshake().With(kExtensions, "x-webkit-deflate-frame"))}},
      {"5.1",
       "Without an offer there is no agreement",
       {Accepts("NoOffer", Handshake(), {{kExtensions, ""}})},
       true},
      {"7",
       "An offer with a parameter that is not defined for an offer is declined",
       {Takes("NoParameter", Offer("")), Declines("Unknown", Offer("; unknown")),
        Declines("UnknownWithAValue", Offer("; unknown=1")),
        Declines("UnknownAmongKnown", Offer("; client_max_window_bits; unknown"))}},
      {"7",
       "An offer with a parameter twice is declined",
       {Takes("EachOnce", Offer("; client_no_context_takeover; server_no_context_takeover; "
                                "client_max_window_bits")),
        Declines("ServerTakeoverTwice",
                 Offer("; server_no_context_takeover; server_no_context_takeover")),
        Declines("ClientTakeoverTwice",
                 Offer("; client_no_context_takeover; client_no_context_takeover")),
        Declines("ServerWindowTwice",
                 Offer("; server_max_window_bits=10; server_max_window_bits=10")),
        Declines("ClientWindowTwice",
                 Offer("; client_max_window_bits; client_max_window_bits=10"))}},
      {"7.1.1",
       "The parameters of context takeover have no value; the answer may have either, offered or "
       "not",
       {Takes("ServerTakeover", Offer("; server_no_context_takeover")),
        Takes("ClientTakeover", Offer("; client_no_context_takeover")),
        Declines("ServerTakeoverWithAValue", Offer("; server_no_context_takeover=1")),
        Declines("ClientTakeoverWithAValue", Offer("; client_no_context_takeover=true")),
        Declines("ServerTakeoverWithAQuotedValue", Offer("; server_no_context_takeover=\"1\""))}},
  };
}

Rule ServerWindowRule() {
  Rule rule{
      "7.1.2.1",
      "server_max_window_bits has a value, 8 to 15 without leading zeros; a server that "
      "takes it answers with that or less, and one that cannot declines",
      {Takes("ServerWindow15", Offer("; server_max_window_bits=15"), "; server_max_window_bits=15"),
       Takes("ServerWindowIsQuoted", Offer("; server_max_window_bits=\"10\""),
             "; server_max_window_bits=9"),
       Declines("ServerWindow8", Offer("; server_max_window_bits=8")),
       Declines("ServerWindowWithoutAValue", Offer("; server_max_window_bits"))}};
  for (int bits = 9; bits < 15; ++bits) {
    rule.cases.push_back(Takes(absl::StrCat("ServerWindow", bits),
                               Offer(absl::StrCat("; server_max_window_bits=", bits)),
                               "; server_max_window_bits=9"));
  }
  int bad = 0;
  for (const char* value : {"7", "16", "0", "09", "015", "1x", "-9", "\"16\"", "99999999999"}) {
    rule.cases.push_back(Declines(absl::StrCat("BadServerWindow", ++bad),
                                  Offer(absl::StrCat("; server_max_window_bits=", value))));
    rule.cases.back().outcome = absl::StrCat(value, " declined");
  }
  return rule;
}

Rule ClientWindowRule() {
  Rule rule{"7.1.2.2",
            "client_max_window_bits has no value, or 8 to 15 without leading zeros; the answer "
            "has none where the offer had none",
            {Takes("ClientWindowWithoutAValue", Offer("; client_max_window_bits")),
             Takes("ClientWindowIsQuoted", Offer("; client_max_window_bits=\"8\"")),
             Takes("NoClientWindow", Offer(""))}};
  for (int bits = 8; bits <= 15; ++bits) {
    rule.cases.push_back(Takes(absl::StrCat("ClientWindow", bits),
                               Offer(absl::StrCat("; client_max_window_bits=", bits))));
  }
  int bad = 0;
  for (const char* value : {"7", "16", "08", "1", "\"16\""}) {
    rule.cases.push_back(Declines(absl::StrCat("BadClientWindow", ++bad),
                                  Offer(absl::StrCat("; client_max_window_bits=", value))));
    rule.cases.back().outcome = absl::StrCat(value, " declined");
  }
  return rule;
}

std::vector<Rule> FrameRules() {
  return {
      {"6",
       "RSV1 of a message's first frame says that the message is compressed; without it, it is "
       "not, though the extension is in use",
       {Accepts("Compressed", {Send(Text(kHello).Rsv(4)), Get(Text("Hello"))}),
        Accepts("CompressedBinary", {Send(Binary(kHello).Rsv(4)), Get(Binary("Hello"))}),
        Accepts("Plain", Echo(Text("Hello"))),
        Accepts("OneBesideTheOther",
                {Send(Text(kHello).Rsv(4)), Send(Text("plain")), Send(Text(kHello).Rsv(4)),
                 Get(Text("Hello")), Get(Text("plain")), Get(Text("Hello"))}),
        Refuses("PlainMarkedAsCompressed", Send(Text("Hello").Rsv(4)), 1007)}},
      {"6.1",
       "A message may be compressed and in fragments: the bit is on the first alone, and "
       "fragments are cut anywhere",
       {Accepts("TwoFragments", {Send(TextPart(kHello.substr(0, 3)).Rsv(4)),
                                 Send(Last(kHello.substr(3))), Get(Text("Hello"))}),
        Accepts("EmptyFragments", {Send(TextPart("").Rsv(4)), Send(More(kHello)), Send(More("")),
                                   Send(Last("")), Get(Text("Hello"))}),
        Accepts("AControlFrameBetween",
                {Send(TextPart(kHello.substr(0, 1)).Rsv(4)), Send(Ping("?")), Get(Pong("?")),
                 Send(Last(kHello.substr(1))), Get(Text("Hello"))}),
        Refuses("BitOnTheSecond",
                {Send(TextPart(kHello.substr(0, 3)).Rsv(4)), Send(Last(kHello.substr(3)).Rsv(4))},
                1002),
        Refuses("BitOnTheSecondAlone", {Send(TextPart("He")), Send(Last("llo").Rsv(4))}, 1002)}},
      {"6.1",
       "Control frames are never compressed",
       {Accepts("LongPing", {Send(Ping(std::string(125, 'p'))), Get(Pong(std::string(125, 'p')))}),
        Accepts("LongClose", {Send(Close(1000, std::string(123, 'r'))), GetClose(1000)}),
        Refuses("CompressedPing", Send(Ping(kHello).Rsv(4)), 1002),
        Refuses("CompressedPong", Send(Pong(kHello).Rsv(4)), 1002),
        Refuses("CompressedClose", Send(Close(1000).Rsv(4)), 1002)}},
      {"6",
       "RSV2 and RSV3, and RSV1 of opcodes that are not defined, stay reserved",
       {Accepts("Rsv1", {Send(Text(kHello).Rsv(4)), Get(Text("Hello"))}),
        Refuses("Rsv2", Send(Text(kHello).Rsv(2)), 1002),
        Refuses("Rsv3", Send(Text(kHello).Rsv(1)), 1002),
        Refuses("Rsv1AndRsv2", Send(Text(kHello).Rsv(6)), 1002),
        Refuses("AllThree", Send(Text(kHello).Rsv(7)), 1002),
        Refuses("Rsv1OfOpcode3", Send(Text(kHello).Opcode(3).Rsv(4)), 1002)}},
      {"6.2",
       "What is received is the message before it was compressed: UTF-8 is judged then",
       {Accepts("TextOfManyBytes",
                {SendCompressed("\xf0\x9d\x84\x9e"), Get(Text("\xf0\x9d\x84\x9e"))}),
        Accepts("ACharacterInTwoBlocks",
                {Send(Text(DeflatedInPieces("\xf0\x9d\x84\x9e", 1)).Rsv(4)),
                 Get(Text("\xf0\x9d\x84\x9e"))}),
        Accepts("AnyBytesAreBinary",
                {Send(Binary(Deflated("\xff\xfe")).Rsv(4)), Get(Binary("\xff\xfe"))}),
        Refuses("NoUtf8", SendCompressed("\xff"), 1007),
        Refuses("CutUtf8", SendCompressed("\xf0\x9d\x84"), 1007)}},
  };
}

std::vector<Rule> PayloadRules() {
  const std::string final = DeflatedFinal("Hello");
  const std::string mixed = Noise(600) + std::string(40'000, 'x') + Noise(600);
  Rule windows{"7.2.2", "A receiver inflates with a window as large as the sender's", {}, true};
  for (int bits = 9; bits <= 15; ++bits) {
    windows.cases.push_back(Accepts(absl::StrCat("Window", bits), [=] {
      return Dialogue{Send(Binary(Deflated(mixed, bits)).Rsv(4)), GetCompressed(mixed, 2)};
    }));
  }
  return {
      {"7.2.2",
       "The receiver appends 00 00 ff ff, and inflates what results",
       {Accepts("OneBlock", {Send(Text(kHello).Rsv(4)), Get(Text("Hello"))}),
        Accepts("NotCompressedBlock",
                {Send(Text("\x00\x05\x00\xfa\xff\x48\x65\x6c\x6c\x6f\x00"s).Rsv(4)),
                 Get(Text("Hello"))}),
        Accepts("Empty", {Send(Text("\x00"s).Rsv(4)), Get(Text(""))}),
        Refuses("TailNotRemoved", Send(Text(kHello + "\x00\x00\xff\xff"s).Rsv(4)), 1007),
        Refuses("Cut", Send(Text(kHello.substr(0, 3)).Rsv(4)), 1007),
        Refuses("NoSuchBlock", Send(Text("\x07").Rsv(4)), 1007),
        Refuses("LengthsThatDiffer",
                Send(Text("\x00\x05\x00\xfa\xfe\x48\x65\x6c\x6c\x6f\x00"s).Rsv(4)), 1007),
        Refuses("HeaderOfZlib", Send(Text("\x78\x9c" + kHello).Rsv(4)), 1007)}},
      {"7.2.1",
       "A message may have several blocks of any type, with and without BFINAL; behind a final "
       "one the next begins with a byte",
       {Accepts("TwoBlocks",
                {Send(Text("\xf2\x48\x05\x00\x00\x00\xff\xff\xca\xc9\xc9\x07\x00"s).Rsv(4)),
                 Get(Text("Hello"))}),
        Accepts("FinalBlock",
                {Send(Text("\xf3\x48\xcd\xc9\xc9\x07\x00\x00"s).Rsv(4)), Get(Text("Hello"))}),
        Accepts("FinalBlockAndAnother",
                {Send(Text(final.substr(0, final.size() - 1) + Deflated(", world")).Rsv(4)),
                 Get(Text("Hello, world"))}),
        Accepts("ManyBlocks",
                {Send(Binary(DeflatedInPieces(mixed, 100)).Rsv(4)), GetCompressed(mixed, 2)}),
        Refuses("RubbishBehindAFinalBlock",
                Send(Text(final.substr(0, final.size() - 1) + "\x07").Rsv(4)), 1007)}},
      windows,
      {"7.1.1.2",
       "Who agreed to client_no_context_takeover begins each message with an empty window",
       {Accepts("TheSameTwice", {Send(Text(kHello).Rsv(4)), Get(Text("Hello")),
                                 Send(Text(kHello).Rsv(4)), Get(Text("Hello"))}),
        Refuses("RefersToTheMessageBefore",
                {Send(Text(kHello).Rsv(4)), Get(Text("Hello")),
                 Send(Text("\xf2\x00\x11\x00\x00"s).Rsv(4))},
                1007)}},
      {"7.1.1.1",
       "So does the server: each message inflates by itself",
       {Accepts("EchoesOfTheSame", Repeat(3, {SendCompressed(kLong), GetCompressed(kLong)})),
        Accepts("EchoOfAPlainMessage", {Send(Text(kLong)), GetCompressed(kLong)}),
        Accepts("EchoOfBinary", {Send(Binary(kLong)), GetCompressed(kLong, 2)}),
        Accepts("WhatIsNotSmallerIsPlain", Echo(Binary(Noise(1000))))},
       true},
      {"7.1.2.1",
       "The server's window is no larger than it said",
       {Accepts("SmallWindow", Offer("; server_max_window_bits=9"),
                {Send(Binary(mixed + mixed)), GetCompressed(mixed + mixed, 2, 9)})},
       true},
      {"10.4",
       "(Of RFC 6455.) The limit of a message, here 1 MiB, holds for what it inflates to, and a "
       "bomb is stopped there",
       {Whole(Accepts("AsLargeAsTheLimit",
                      [] {
                        const std::string text(1 << 20, 'x');
                        return Dialogue{SendCompressed(text), GetCompressed(text)};
                      })),
        Whole(Accepts("AsLargeAndNotCompressible",
                      [] {
                        const std::string bytes = Noise(1 << 20);
                        return Dialogue{Send(Binary(Deflated(bytes)).Rsv(4)), Get(Binary(bytes))};
                      })),
        Whole(Refuses(
            "OneByteMore", [] { return SendCompressed(std::string((1 << 20) + 1, 'x')); }, 1009)),
        Whole(Refuses(
            "HundredMebibytes", [] { return SendCompressed(std::string(100 << 20, '\0')); },
            1009))}},
  };
}

}  // namespace

Table DeflateTable() {
  Table table{"Deflate",
              "RFC 7692: permessage-deflate, where a route has it. *Declined* is a 101 without the "
              "extension.",
              "routes: [{path: /echo, static: {on_message: echo}, compression: {mode: always}}]\n",
              Offer("; client_max_window_bits"),
              {},
              OfferRules()};
  table.rules.push_back(ServerWindowRule());
  table.rules.push_back(ClientWindowRule());
  for (const auto& rules : {FrameRules(), PayloadRules()}) {
    table.rules.insert(table.rules.end(), rules.begin(), rules.end());
  }
  return table;
}

}  // namespace hookcast::conformance
