// RFC 6455, sections 5.5.1 and 7: how connections end.

#include <string>
#include <vector>

#include "absl/strings/str_cat.h"
#include "tests/conformance/tables.h"

namespace hookcast::conformance {
namespace {

// Sections 7.4.1 and 7.4.2, and IANA's registry, which has 1012 to 1014 since.
Rule CodeRule() {
  Rule rule{
      "7.4",
      "A Close carries 1000 to 1003, 1007 to 1014 or 3000 to 4999: 1004 to 1006 and 1015 must "
      "not be sent, the others are not in use; the answer echoes the code (5.5.1)",
      {}};
  for (const uint16_t code : {1000, 1001, 1002, 1003, 1007, 1008, 1009, 1010, 1011, 1012, 1013,
                              1014, 3000, 3999, 4000, 4999}) {
    rule.cases.push_back(Accepts(absl::StrCat("Code", code), {Send(Close(code)), GetClose(code)}));
  }
  for (const uint16_t code : {0, 1, 999, 1004, 1005, 1006, 1015, 1016, 1100, 1999, 2000, 2999, 5000,
                              9999, 32768, 65535}) {
    rule.cases.push_back(Refuses(absl::StrCat("Code", code), Send(Close(code)), 1002));
  }
  return rule;
}

std::vector<Rule> PayloadRules() {
  return {
      {"5.5.1",
       "A Close may have a body: a code of two bytes, and behind it a reason",
       {Accepts("NoBody", {Send(CloseRaw("")), GetClose(1005)}),
        Accepts("CodeAlone", {Send(Close(1000)), GetClose(1000)}),
        Accepts("CodeAndReason", {Send(Close(1000, "bye")), GetClose(1000)}),
        Accepts("ReasonOf123", {Send(Close(1000, std::string(123, 'r'))), GetClose(1000)}),
        Refuses("OneByte", Send(CloseRaw("\x03")), 1002),
        Refuses("ReasonOf124", Send(Close(1000, std::string(124, 'r'))), 1002)}},
      {"5.5.1",
       "The reason is UTF-8 (8.1: else the connection fails)",
       {Accepts("ReasonOfUtf8", {Send(Close(1000, "\xC3\xA4\xF0\x9F\x98\x80")), GetClose(1000)}),
        Refuses("ReasonNotUtf8", Send(Close(1000, "\xCE\xBA\xE1\xBD\xB9\xED\xA0\x80")), 1007),
        Refuses("ReasonCutInACodePoint", Send(Close(1000, "abc\xE2\x82")), 1007),
        Refuses("ReasonOfFF", Send(Close(4000, "\xFF")), 1007)}},
  };
}

std::vector<Rule> HandshakeRules() {
  return {
      {"5.5.1",
       "A Close is answered by a Close",
       {Accepts("FirstThing", {Send(Close(1000)), GetClose(1000)}),
        Accepts("BehindAMessage", {Send(Text("last words")), Send(Close(1000)),
                                   Get(Text("last words")), GetClose(1000)}),
        Accepts("BehindALargeMessage",
                [] {
                  const std::string large(256 * 1024, 'x');
                  return Dialogue{Send(Text(large)), Send(Close(1001)), Get(Text(large)),
                                  GetClose(1001)};
                }),
        Accepts("InsideAMessage",
                {Send(TextPart("never ended")), Send(Close(1000)), GetClose(1000)})},
       true},
      {"5.5.1",
       "After a Close nothing more is sent, and what comes behind it is not processed (1.4)",
       {Accepts("TextBehindAClose",
                {Send(Close(1000)), Send(Text("ignored")), GetClose(1000), GetEnd()}),
        Accepts("SecondClose", {Send(Close(1000)), Send(Close(1001)), GetClose(1000), GetEnd()}),
        Accepts("ContinuationBehindAClose", {Send(TextPart("a")), Send(Close(1000)),
                                             Send(Last("b")), GetClose(1000), GetEnd()}),
        Accepts("NonsenseBehindAClose", {Send(Close(1000)), Send(std::string("\xFF\xFF\xFF\xFF")),
                                         GetClose(1000), GetEnd()}),
        Accepts("MuchBehindAClose",
                [] {
                  return Dialogue{Send(Close(1000)), Send(Binary(std::string(300'000, 'x'))),
                                  GetClose(1000), GetEnd()};
                })},
       true},
      {"7.1.1",
       "Once both have sent a Close the server ends the TCP connection first, at once and without "
       "a "
       "reset",
       {Accepts("ClientClosed", {Send(Close(1000)), GetClose(1000), GetEnd()}),
        Accepts("ServerClosed", {ServerCloses(4000, "enough"), Get(Close(4000, "enough")),
                                 Send(Close(4000)), GetEnd()}),
        Accepts("ServerFailed", {Send(Last("x")), GetClose(1002), GetEnd()})},
       true},
      {"7.1.2",
       "The server starts a closing handshake with a Close of a code and a reason (7.3: at any "
       "time)",
       {Accepts("ServerClosesWithACode",
                {ServerCloses(1000, ""), Get(Close(1000)), Send(Close(1000)), GetEnd()}),
        Accepts("ServerClosesWithAReason",
                {ServerCloses(4999, "why"), Get(Close(4999, "why")), Send(Close(4999)), GetEnd()}),
        Accepts("ServerClosesInsideAMessage",
                {Send(TextPart("a")), Send(Ping()), Get(Pong()), ServerCloses(1001, ""),
                 GetClose(1001), Send(Last("b")), Send(Close(1001)), GetEnd()}),
        Accepts("AnsweredWithoutACode",
                {ServerCloses(4000, ""), GetClose(4000), Send(CloseRaw("")), GetEnd()}),
        Accepts("AnsweredWithAnotherCode",
                {ServerCloses(4000, ""), GetClose(4000), Send(Close(1000)), GetEnd()})},
       true},
      {"5.5.1",
       "After its own Close the server sends no data; pings are answered until the client's Close "
       "has come (5.5.2)",
       {Accepts("DataBehindTheServersClose",
                {ServerCloses(4000, ""), GetClose(4000), Send(Text("not echoed")),
                 Send(Close(4000)), GetEnd()}),
        Accepts("PingBehindTheServersClose",
                {ServerCloses(4000, ""), GetClose(4000), Send(Ping("still")), Get(Pong("still")),
                 Send(Close(4000)), GetEnd()}),
        Accepts(
            "PingsBehindTheServersClose",
            {ServerCloses(4000, ""), GetClose(4000), Send(Ping("1").Bytes() + Ping("2").Bytes()),
             Get(Pong("1")), Get(Pong("2")), Send(Close(4000)), GetEnd()}),
        Accepts("PingBehindBothCloses", {ServerCloses(4000, ""), GetClose(4000), Send(Close(4000)),
                                         Send(Ping("late")), GetEnd()})},
       true},
      {"7.1.4",
       "TCP that ends without a Close ends the WebSocket too",
       {Accepts("ClientEndsAtOnce", {ClientEnds(), GetEnd()}),
        Accepts("ClientEndsInsideAFrame",
                {Send(Text("hello").Bytes().substr(0, 7)), ClientEnds(), GetEnd()}),
        Accepts("ClientEndsInsideAMessage", {Send(TextPart("a")), ClientEnds(), GetEnd()})},
       true},
      {"7.1.7",
       "Who fails the connection sends a Close with a fitting code, and processes nothing that "
       "comes behind the fault",
       {Accepts("GoodFramesAreProcessed", {Echo(Text("a")), Echo(Text("b"))}),
        Refuses("PingBehindAFault", {Send(Text("x").Rsv(2)), Send(Ping("ignored"))}, 1002),
        Refuses("TextBehindAFault", {Send(Text("\xFF")), Send(Text("ignored"))}, 1007),
        Refuses("CloseBehindAFault", {Send(Last("x")), Send(Close(1000))}, 1002),
        Refuses(
            "MuchBehindAFault",
            [] {
              return Dialogue{Send(Last("x")), Send(Binary(std::string(300'000, 'x')))};
            },
            1002)}},
  };
}

}  // namespace

Table CloseTable() {
  Table table{.name = "Close",
              .about = "Sections 5.5.1 and 7: Close frames, their codes, and who ends TCP when.",
              .config = R"(
shards: 1
routes:
  - { path: /echo, static: { on_message: echo } }
)",
              .rules = {CodeRule()}};
  for (auto rules : {PayloadRules(), HandshakeRules()}) {
    table.rules.insert(table.rules.end(), rules.begin(), rules.end());
  }
  return table;
}

}  // namespace hookcast::conformance
