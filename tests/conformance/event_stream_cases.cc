// WHATWG HTML, section 9.2: what a browser's EventSource is sent, and what it makes of that.

#include <string>

#include "absl/strings/match.h"
#include "absl/strings/str_cat.h"
#include "tests/conformance/stream.h"
#include "tests/conformance/tables.h"

namespace hookcast::conformance {
namespace {

using testing::NodeProcess;

// Of text alone: `lines` are its data lines, `text` is JSON's string.
Published Says(const std::string& text, const std::string& lines, const std::string& data) {
  return {absl::StrCat("{\"text\": \"", text, "\"}"), lines + "\n", {.data = data}};
}

// With fields of an event: `fields` is JSON.
Published With(const std::string& fields, const std::string& block, Seen seen) {
  return {absl::StrCat("{\"text\": \"x\", \"event\": {", fields, "}}"), block, std::move(seen)};
}

Case RefusesField(std::string name, const std::string& fields) {
  return RefusesData(std::move(name), absl::StrCat("{\"text\": \"x\", \"event\": {", fields, "}}"));
}

std::vector<Rule> ConnectionRules() {
  return {
      {"9.2.3",
       "The response has the status 200 and the type text/event-stream; any other fails the "
       "connection for good",
       {Streams("GetsAStream", StreamRequest())},
       true},
      {"9.2.3",
       "A client tells that caches shall not answer it (Cache-Control: no-store), and its page",
       {Streams("NoStore", StreamRequest().With("Cache-Control", "no-store")),
        Streams("AsABrowserAsks", StreamRequest()
                                      .With("Cache-Control", "no-cache")
                                      .With("Origin", "https://app.example.com")
                                      .With("Sec-Fetch-Mode", "cors")
                                      .With("Accept-Encoding", "gzip, deflate, br")
                                      .With("Connection", "keep-alive"))},
       true},
      {"9.2.4",
       "A client that comes back says Last-Event-ID, in UTF-8, with whatever an id may hold",
       {Streams("LastEventId", StreamRequest().With("Last-Event-ID", "42")),
        Streams("LastEventIdInUtf8",
                StreamRequest().With("Last-Event-ID", "caf\xC3\xA9 \xE2\x82\xAC")),
        Streams("LastEventIdOfAnyBytes", StreamRequest().With("Last-Event-ID", "\xFF;:,\"")),
        Streams("LastEventIdEmpty", StreamRequest().With("Last-Event-ID", ""))},
       true},
  };
}

std::vector<Rule> FormRules() {
  return {
      {"9.2.5",
       "A stream is of events, each of lines, and ends each with an empty line",
       {Delivers("OneEvent", {Says("hello", "data: hello\n", "hello")}),
        Delivers("TwoEvents", {Says("a", "data: a\n", "a"), Says("b", "data: b\n", "b")}),
        Delivers("AllFields",
                 {With(R"("id": "7", "event": "e", "retry": "1.5s")",
                       "id: 7\nevent: e\nretry: 1500\ndata: x\n\n", {"e", "x", "7"})})},
       true},
      {"9.2.5",
       "Event streams are always UTF-8",
       {Delivers("Utf8", {Says("caf\xC3\xA9 \xE2\x82\xAC \xF0\x9F\x98\x80",
                               "data: caf\xC3\xA9 \xE2\x82\xAC \xF0\x9F\x98\x80\n",
                               "caf\xC3\xA9 \xE2\x82\xAC \xF0\x9F\x98\x80")}),
        Delivers("Utf8InIdAndEvent", {With("\"id\": \"\xC3\xA9\", \"event\": \"\xE2\x82\xAC\"",
                                           "id: \xC3\xA9\nevent: \xE2\x82\xAC\ndata: x\n\n",
                                           {"\xE2\x82\xAC", "x", "\xC3\xA9"})}),
        Delivers("LastCharacter",
                 {Says("\xF4\x8F\xBF\xBF", "data: \xF4\x8F\xBF\xBF\n", "\xF4\x8F\xBF\xBF")}),
        RefusesData("NotUtf8", "{\"text\": \"a\xFF\"}"),
        RefusesData("CutUtf8", "{\"text\": \"a\xE2\x82\"}"),
        RefusesData("LoneSurrogate", R"({"text": "a\ud800"})"),
        RefusesField("NotUtf8InAnId", "\"id\": \"\xFF\"")}},
      {"9.2.6",
       "One byte order mark at the stream's beginning is dropped; the payload's own stays",
       {Delivers("ByteOrderMark", {Says("\xEF\xBB\xBF"
                                        "a",
                                        "data: \xEF\xBB\xBF"
                                        "a\n",
                                        "\xEF\xBB\xBF"
                                        "a")}),
        Delivers("ByteOrderMarkInTheSecondLine", {Says("a\\n\xEF\xBB\xBF"
                                                       "b",
                                                       "data: a\ndata: \xEF\xBB\xBF"
                                                       "b\n",
                                                       "a\n\xEF\xBB\xBF"
                                                       "b")})},
       true},
  };
}

std::vector<Rule> DataRules() {
  return {
      {"9.2.6",
       "Lines end with CRLF, LF or CR: each line of the payload is a data line, and a client gets "
       "them joined by LF",
       {Delivers("Lf", {Says("a\\nb", "data: a\ndata: b\n", "a\nb")}),
        Delivers("Cr", {Says("a\\rb", "data: a\ndata: b\n", "a\nb")}),
        Delivers("CrLf", {Says("a\\r\\nb", "data: a\ndata: b\n", "a\nb")}),
        Delivers("LfCr", {Says("a\\n\\rb", "data: a\ndata: \ndata: b\n", "a\n\nb")}),
        Delivers("EmptyLineWithin", {Says("a\\n\\nb", "data: a\ndata: \ndata: b\n", "a\n\nb")}),
        Delivers("LfAtTheEnd", {Says("a\\n", "data: a\ndata: \n", "a\n")}),
        Delivers("CrAtTheEnd", {Says("a\\r", "data: a\ndata: \n", "a\n")}),
        Delivers("LfAtTheBeginning", {Says("\\na", "data: \ndata: a\n", "\na")}),
        Delivers("LineEndsAlone", {Says("\\r\\n\\r", "data: \ndata: \ndata: \n", "\n\n")}),
        Delivers("OtherSeparatorsEndNoLine", {Says("a\\u000bb\\fc\\u0085d\\u2028e",
                                                   "data: a\vb\fc\xC2\x85"
                                                   "d\xE2\x80\xA8"
                                                   "e\n",
                                                   "a\vb\fc\xC2\x85"
                                                   "d\xE2\x80\xA8"
                                                   "e")})},
       true},
      {"9.2.6",
       "One space behind the colon is dropped: those of the payload stay",
       {Delivers("OneSpace", {Says(" a", "data:  a\n", " a")}),
        Delivers("ManySpaces", {Says("   a  ", "data:    a  \n", "   a  ")}),
        Delivers("Tab", {Says("\\ta", "data: \ta\n", "\ta")}),
        Delivers("SpaceInEachLine", {Says(" a\\n  b", "data:  a\ndata:   b\n", " a\n  b")})},
       true},
      {"9.2.6",
       "Data of an empty string are an event",
       {Delivers("Empty", {Says("", "data: \n", ""), Says("b", "data: b\n", "b")})},
       true},
      {"9.2.6",
       "What looks like a field or a comment within the payload is data",
       {Delivers("FieldInData", {Says("data: x", "data: data: x\n", "data: x")}),
        Delivers("CommentInData", {Says(": x", "data: : x\n", ": x")}),
        Delivers("BlockInData",
                 {Says("a\\n\\nid: 1\\nevent: hookcast.open\\nretry: 1\\n\\ndata: b\\n\\n",
                       "data: a\ndata: \ndata: id: 1\ndata: event: hookcast.open\ndata: retry: 1\n"
                       "data: \ndata: data: b\ndata: \ndata: \n",
                       "a\n\nid: 1\nevent: hookcast.open\nretry: 1\n\ndata: b\n\n")}),
        Delivers("NulInData",
                 {Says("a\\u0000b", std::string("data: a\0b\n", 10), std::string("a\0b", 3))})},
       true},
      {"9.2.6",
       "A stream is text: bytes are base64 in an event whose name the route says",
       {Delivers("Binary", {{R"({"binary": "AAH/DQo="})",
                             "event: hookcast.binary\ndata: AAH/DQo=\n\n",
                             {"hookcast.binary", "AAH/DQo=", ""}}}),
        Delivers("EmptyBinary", {{R"({"binary": ""})",
                                  "event: hookcast.binary\ndata: \n\n",
                                  {"hookcast.binary", "", ""}}})},
       true},
  };
}

std::vector<Rule> FieldRules() {
  return {
      {"9.2.6",
       "event: the type, message where there is none; no line end can be in it, and the node's own "
       "begin with hookcast.",
       {Delivers("Type",
                 {With(R"("event": "price")", "event: price\ndata: x\n\n", {"price", "x", ""})}),
        Delivers("TypeIsOfOneEvent",
                 {With(R"("event": "price")", "event: price\ndata: x\n\n", {"price", "x", ""}),
                  Says("y", "data: y\n", "y")}),
        Delivers("EmptyType", {With(R"("event": "")", "data: x\n\n", {"message", "x", ""})}),
        Delivers("TypeWithAColon",
                 {With(R"("event": "a: b")", "event: a: b\ndata: x\n\n", {"a: b", "x", ""})}),
        Delivers("TypeWithSpaces",
                 {With(R"("event": " a ")", "event:  a \ndata: x\n\n", {" a ", "x", ""})}),
        Delivers("TypeThatBeginsAlmostSo",
                 {With(R"("event": "hookcast")", "event: hookcast\ndata: x\n\n",
                       {"hookcast", "x", ""})}),
        RefusesField("LfInAType", R"("event": "a\nb")"),
        RefusesField("CrInAType", R"("event": "a\rdata: b")"),
        RefusesField("CrLfInAType", R"("event": "a\r\n\r\nb")"),
        RefusesField("NulInAType", R"("event": "a\u0000b")"),
        RefusesField("TypeOfTheNode", R"("event": "hookcast.open")"),
        RefusesField("AnyTypeOfTheNode", R"("event": "hookcast.")")}},
      {"9.2.6",
       "id: what the client says when it comes back; it stays until the next, and an empty one, "
       "which would clear it, is not sent; no line end can be in it, and NUL would void it",
       {Delivers("Id", {With(R"("id": "7")", "id: 7\ndata: x\n\n", {"message", "x", "7"})}),
        Delivers("IdStays", {With(R"("id": "7")", "id: 7\ndata: x\n\n", {"message", "x", "7"}),
                             {R"({"text": "y"})", "data: y\n\n", {"message", "y", "7"}},
                             With(R"("id": "8")", "id: 8\ndata: x\n\n", {"message", "x", "8"})}),
        Delivers("EmptyIdClearsNothing",
                 {With(R"("id": "7")", "id: 7\ndata: x\n\n", {"message", "x", "7"}),
                  With(R"("id": "")", "data: x\n\n", {"message", "x", "7"})}),
        Delivers("IdWithSpacesAndColons", {With(R"("id": " 1: 2 ")", "id:  1: 2 \ndata: x\n\n",
                                                {"message", "x", " 1: 2 "})}),
        RefusesField("LfInAnId", R"("id": "1\n2")"),
        RefusesField("CrInAnId", R"("id": "1\rdata: forged\r\r")"),
        RefusesField("CrLfInAnId", R"("id": "\r\n")"),
        RefusesField("NulInAnId", R"("id": "1\u0000")")}},
      {"9.2.6",
       "retry: ASCII digits alone, in milliseconds",
       {Delivers("Retry",
                 {With(R"("retry": "3s")", "retry: 3000\ndata: x\n\n", {"message", "x", ""})}),
        Delivers("RetryAtOnce",
                 {With(R"("retry": "0s")", "retry: 0\ndata: x\n\n", {"message", "x", ""})}),
        Delivers("RetryInParts",
                 {With(R"("retry": "0.250s")", "retry: 250\ndata: x\n\n", {"message", "x", ""})}),
        RefusesField("RetryBelowZero", R"("retry": "-1s")")}},
  };
}

// The node closes its streams, as an application would.
Case ClosesStream(std::string name, Request request) {
  Case row;
  row.name = std::move(name);
  row.play = [request](NodeProcess& node, bool chopped) -> std::string {
    const auto stream = Stream::Open(node.clients(), request, chopped);
    if (stream == nullptr) return "no answer";
    if (std::string wrong = CheckBeginning(*stream, request, {}); !wrong.empty()) return wrong;
    const auto told = testing::HttpRequest(
        node.admin(), "POST", "/hookcast.v1.BrokerService/Close",
        {{"Content-Type", "application/json"}},
        R"({"peers": {"filter": {"namespace": "conformance"}}, "code": 4001, "reason": "enough"})");
    if (!told.ok() || told->status != 200) return "the node could not be told to";
    const std::string block = stream->NextBlock();
    if (!absl::StrContains(block, "event: hookcast.close\n") ||
        !absl::StrContains(block, "data: {\"code\":4001,\"reason\":\"enough\"}\n\n")) {
      return absl::StrCat("expected hookcast.close, got ", block);
    }
    if (!stream->parser().at_rest()) return "the stream ends within a block";
    return stream->AwaitEnd();
  };
  return row;
}

// "" where comments come, and what is published between them.
std::string CheckKeepalive(NodeProcess& node, const Request& request) {
  const auto stream = Stream::Open(node.clients(), request, false);
  if (stream == nullptr) return "no answer";
  if (std::string wrong = CheckBeginning(*stream, request, {}); !wrong.empty()) return wrong;
  for (int i = 0; i < 2; ++i) {
    if (const std::string block = stream->NextBlock(); block != ":\n\n") {
      return absl::StrCat("expected a comment, got ", block);
    }
  }
  const bool nothing = stream->TakeEvents().empty() && stream->parser().comments() == 2 &&
                       stream->parser().blocks_without_data() == 0;
  if (!nothing) return "a browser sees something of the comments";
  if (const auto sent = PublishTo(node, R"({"text": "a"})"); !sent.ok()) return "no answer";
  std::string block = ":\n\n";
  while (block == ":\n\n") block = stream->NextBlock();
  return block == "data: a\n\n" ? "" : absl::StrCat("expected the event, got ", block);
}

Case Tries(std::string name, std::function<std::string(NodeProcess&, bool)> play) {
  Case row;
  row.name = std::move(name);
  row.chopped = false;
  row.play = std::move(play);
  return row;
}

}  // namespace

Table EventStreamTable() {
  Table table{.name = "EventStream",
              .about =
                  "WHATWG HTML, section 9.2: server-sent events. What is *refused* here is what an "
                  "application or a publisher would put into the streams of others.",
              .config = R"(
shards: 1
routes:
  - { path: /echo, static: { on_message: echo } }
  - { path: /events, transports: [sse], namespace: conformance, static: { subscribe: [t] } }
)",
              .rules = {}};
  for (auto& rules : {ConnectionRules(), FormRules(), DataRules(), FieldRules()}) {
    table.rules.insert(table.rules.end(), rules.begin(), rules.end());
  }
  table.rules.push_back({"9.2.6",
                         "At the stream's end an unfinished block is discarded: it ends behind a "
                         "whole one, and by its last chunk",
                         {ClosesStream("Closed", StreamRequest()),
                          ClosesStream("ClosedWithoutChunks", StreamRequest().Version("HTTP/1.0"))},
                         true});
  return table;
}

Table EventStreamTimesTable() {
  return {.name = "EventStreamTimes",
          .about = "Section 9.2 again, on a node with `sse: { keepalive: 200ms, retry: 4s }`.",
          .config = R"(
shards: 1
sse: { keepalive: 200ms, retry: 4s }
routes:
  - { path: /echo, static: { on_message: echo } }
  - { path: /events, transports: [sse], namespace: conformance, static: { subscribe: [t] } }
)",
          .rules = {
              {"9.2.7",
               "A comment every now and then keeps proxies from taking the connection for idle; no "
               "script sees it",
               {Tries("Keepalive", [](NodeProcess& node,
                                      bool) { return CheckKeepalive(node, StreamRequest()); }),
                Tries("KeepaliveWithoutChunks",
                      [](NodeProcess& node, bool) {
                        return CheckKeepalive(node, StreamRequest().Version("HTTP/1.0"));
                      })},
               true},
              {"9.2.3",
               "The reconnection time is said at once, about that of the configuration, for each "
               "client another",
               {Tries("RetryOfTheOpen",
                      [](NodeProcess& node, bool) -> std::string {
                        std::string seen;
                        bool differ = false;
                        for (int i = 0; i < 20; ++i) {
                          const Request request = StreamRequest();
                          const auto stream = Stream::Open(node.clients(), request, false);
                          if (stream == nullptr) return "no answer";
                          std::string wrong = CheckBeginning(*stream, request, {});
                          if (!wrong.empty()) return wrong;
                          const uint64_t retry = stream->parser().retry_ms().value_or(0);
                          if (retry < 2000 || retry > 6000) return absl::StrCat("retry: ", retry);
                          const std::string now = absl::StrCat(retry);
                          differ = differ || (!seen.empty() && now != seen);
                          seen = now;
                        }
                        return differ ? "" : "twenty clients were told the same";
                      })},
               true},
          }};
}

}  // namespace hookcast::conformance
