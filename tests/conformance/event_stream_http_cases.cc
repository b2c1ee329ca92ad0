// RFC 9110, 9111 and 9112: the requests that are answered by an event stream, and the response's
// form.

#include <string>

#include "absl/strings/str_cat.h"
#include "tests/conformance/stream.h"
#include "tests/conformance/tables.h"

namespace hookcast::conformance {
namespace {

const std::string kAllow = "GET, HEAD, OPTIONS";
const std::string kAllowWithPost = "GET, HEAD, POST, OPTIONS";

Request Accepting(std::string accept) {
  return StreamRequest().Replacing("Accept", std::move(accept));
}

std::vector<Rule> MethodRules() {
  // What a GET would have said, without what frames a body.
  const std::vector<HeaderIs> as_get = {{"Content-Type", "text/event-stream"},
                                        {"Cache-Control", "no-cache, no-transform"},
                                        {"X-Accel-Buffering", "no"},
                                        {"Content-Length", ""},
                                        {"Transfer-Encoding", ""},
                                        {"Connection", "close"}};
  return {
      {"9110 9.3.1",
       "GET is answered by the stream",
       {Streams("Get", StreamRequest()), Streams("GetWithAQuery", StreamRequest("/events?a=b&c")),
        Streams("AbsoluteUrl", StreamRequest("http://server.example.com/events")),
        Streams("GetWhereBothAre", StreamRequest("/both")),
        Refuses("NoSuchPath", StreamRequest("/event"), 404),
        Refuses("PathOfWebSocketAlone", StreamRequest("/echo"), 426)}},
      {"9110 15.5.6",
       "Other methods are 405, and |Allow| lists those there are",
       {Streams("OfThoseThereAre", StreamRequest()),
        Refuses("Put", StreamRequest().Method("PUT"), 405, {{"Allow", kAllow}}),
        Refuses("Delete", StreamRequest().Method("DELETE"), 405, {{"Allow", kAllow}}),
        Refuses("Patch", StreamRequest().Method("PATCH"), 405, {{"Allow", kAllow}}),
        Refuses("Trace", StreamRequest().Method("TRACE"), 405, {{"Allow", kAllow}}),
        Refuses("Unknown", StreamRequest().Method("BREW"), 405, {{"Allow", kAllow}}),
        Refuses("LowerCaseGet", StreamRequest().Method("get"), 405, {{"Allow", kAllow}}),
        Refuses("PostWhereNoneIsTaken", StreamRequest().Method("POST"), 405, {{"Allow", kAllow}}),
        Refuses("PutWhereBothAre", StreamRequest("/both").Method("PUT"), 405,
                {{"Allow", kAllowWithPost}})}},
      {"9110 9.3.2",
       "HEAD is answered as GET is, without the body",
       {Answers("Head", StreamRequest().Method("HEAD"), 200, as_get),
        Answers("HeadOfHttp10", StreamRequest().Method("HEAD").Version("HTTP/1.0"), 200, as_get),
        Answers("HeadWhereBothAre", StreamRequest("/both").Method("HEAD"), 200, as_get),
        Refuses("HeadOfNoSuchPath", StreamRequest("/event").Method("HEAD"), 404),
        Refuses("HeadOfAnotherType", Accepting("text/html").Method("HEAD"), 406)}},
      {"9110 9.3.7",
       "OPTIONS tells the methods",
       {Answers("Options", StreamRequest().Method("OPTIONS"), 204,
                {{"Allow", kAllow}, {"Content-Length", ""}, {"Transfer-Encoding", ""}}),
        Answers("OptionsWithoutAccept", StreamRequest().Without("Accept").Method("OPTIONS"), 204,
                {{"Allow", kAllow}}),
        Answers("OptionsWhereMessagesAreTaken", StreamRequest("/both").Method("OPTIONS"), 204,
                {{"Allow", kAllowWithPost}}),
        Refuses("OptionsOfNoSuchPath", StreamRequest("/event").Method("OPTIONS"), 404)}},
      {"9110 7.8",
       "|Upgrade| to WebSocket is taken where the route has it; other protocols are not looked at",
       {Accepts("WebSocketWhereBothAre", Handshake("/both")),
        Streams("UpgradeToAnother",
                StreamRequest().With("Connection", "Upgrade").With("Upgrade", "h2c")),
        Refuses("WebSocketWhereItIsNot", Handshake("/events"), 406)}},
  };
}

std::vector<Rule> AcceptRules() {
  return {
      {"9110 12.5.1",
       "|Accept| has to have a range for text/event-stream, of which the most specific one counts, "
       "with a weight above 0; without the header anything goes. Else 406",
       {Streams("AcceptTheType", StreamRequest()),
        Streams("AcceptNothingSaid", StreamRequest().Without("Accept")),
        Streams("AcceptAnything", Accepting("*/*")), Streams("AcceptText", Accepting("text/*")),
        Streams("AcceptInUpperCase", Accepting("TEXT/EVENT-STREAM")),
        Streams("AcceptInAList", Accepting("text/html, text/event-stream;q=0.1")),
        Streams("AcceptOnTheSecondLine",
                Accepting("text/html").With("Accept", "text/event-stream")),
        Streams("AcceptWithACharset", Accepting("text/event-stream; charset=utf-8")),
        Streams("AcceptWithAQuotedComma", Accepting("text/x;a=\",\", */*")),
        Streams("AcceptAsANavigationDoes",
                Accepting("text/html,application/xhtml+xml,application/xml;q=0.9,*/*;q=0.8")),
        Streams("AcceptMalformedBesideGood", Accepting("text/event-stream;q=9, */*;q=0.1")),
        Refuses("AcceptAnother", Accepting("text/html"), 406),
        Refuses("AcceptOthers", Accepting("application/json, image/*"), 406),
        Refuses("AcceptNot", Accepting("text/event-stream;q=0"), 406),
        Refuses("AcceptAnythingButThis", Accepting("*/*, text/event-stream;q=0"), 406),
        Refuses("AcceptAnythingButText", Accepting("*/*, text/*;q=0.000"), 406),
        Refuses("AcceptWithinQuotes", Accepting("text/x;a=\"text/event-stream\""), 406)}},
      {"9110 12.5.3",
       "|Accept-Encoding|: the stream goes as it is, whatever else the client takes",
       {Streams("Gzip", StreamRequest().With("Accept-Encoding", "gzip")),
        Streams("NotEvenAsItIs", StreamRequest().With("Accept-Encoding", "gzip, identity;q=0"))},
       true},
  };
}

std::vector<Rule> MessageRules() {
  return {
      {"9112 3.2",
       "A request has one |Host|; HTTP/1.0 needs none",
       {Streams("OneHost", StreamRequest()),
        Streams("NoHostInHttp10", StreamRequest().Without("Host").Version("HTTP/1.0")),
        Refuses("NoHost", StreamRequest().Without("Host"), 400),
        Refuses("TwoHosts", StreamRequest().With("Host", "other.example.com"), 400),
        Refuses("TwoHostsInHttp10",
                StreamRequest().With("Host", "other.example.com").Version("HTTP/1.0"), 400)}},
      {"9112 3.2",
       "The target is a path and a query, or an http URL",
       {Streams("Path", StreamRequest()), Refuses("Fragment", StreamRequest("/events?a#b"), 400),
        Refuses("NoSlash", StreamRequest("events"), 400), Refuses("Star", StreamRequest("*"), 400),
        Refuses("ByteAbove127", StreamRequest("/events?\xC3\xA4"), 400)}},
      {"9110 9.3.1",
       "A GET has no body",
       {Streams("LengthOfZero", StreamRequest().With("Content-Length", "0")),
        Refuses("Body", StreamRequest().With("Content-Length", "5").Behind("hello"), 413),
        Refuses("ChunkedBody",
                StreamRequest().With("Transfer-Encoding", "chunked").Behind("1\r\nx\r\n0\r\n\r\n"),
                413)}},
      {"9112 6.1",
       "A response is chunked only where the request is of HTTP/1.1 or later; else the end of the "
       "connection ends it",
       {Streams("Http11", StreamRequest(), {{"Transfer-Encoding", "chunked"}}),
        Streams("Http10", StreamRequest().Version("HTTP/1.0"), {{"Transfer-Encoding", ""}}),
        Streams("Http10AndKeepAlive",
                StreamRequest().Version("HTTP/1.0").With("Connection", "keep-alive"),
                {{"Transfer-Encoding", ""}, {"Keep-Alive", ""}})},
       true},
      {"9112 9.6",
       "The server says |Connection: close|, and takes no other request on the connection",
       {Streams("ConnectionClose", StreamRequest(), {{"Connection", "close"}}),
        Streams("AnotherRequestBehind", StreamRequest().Behind(StreamRequest().Bytes())),
        Streams("RubbishBehind", StreamRequest().Behind("\x16\x03\x01\r\n\r\nGET"))},
       true},
      {"9111 5.2.2",
       "No cache may answer in the node's place, and no proxy may change or hold back the stream",
       {Streams("CacheControl", StreamRequest(),
                {{"Cache-Control", "no-cache, no-transform"}, {"X-Accel-Buffering", "no"}})},
       true},
      {"6585 5",
       "An implementation protects itself by limits: 100 header lines, else 431; 8 KiB of target, "
       "else 414 (RFC 9110, 15.5.15)",
       {Streams("HundredLines", StreamRequest().Padded(98)),
        Streams("LongTarget", StreamRequest("/events?" + std::string(8184, 'x'))),
        Refuses("HundredAndOneLines", StreamRequest().Padded(99), 431),
        Refuses("ThousandLines", StreamRequest().Padded(998), 431),
        Refuses("HeaderOf64KiB", StreamRequest().With("X", std::string(65'536, 'x')), 431),
        Refuses("TooLongTarget", StreamRequest("/events?" + std::string(8185, 'x')), 414)}},
  };
}

}  // namespace

Table EventStreamHttpTable() {
  Table table{.name = "EventStreamHttp",
              .about =
                  "RFC 9110, 9111, 9112 and 6585: the request for an event stream, and the "
                  "form of its response.",
              .config = R"(
shards: 1
routes:
  - { path: /echo, static: { on_message: echo } }
  - { path: /events, transports: [sse], namespace: conformance, static: { subscribe: [t] } }
  - { path: /both, transports: [websocket, sse], namespace: conformance,
      static: { subscribe: [t], on_message: echo } }
)",
              .rules = {}};
  for (auto& rules : {MethodRules(), AcceptRules(), MessageRules()}) {
    table.rules.insert(table.rules.end(), rules.begin(), rules.end());
  }
  return table;
}

}  // namespace hookcast::conformance
