// RFC 6455, sections 4 and 9.1: the opening handshake.

#include <string>

#include "tests/conformance/tables.h"

namespace hookcast::conformance {
namespace {

const std::string kKey = "Sec-WebSocket-Key";
const std::string kVersion = "Sec-WebSocket-Version";
const std::string kProtocol = "Sec-WebSocket-Protocol";
const std::string kExtensions = "Sec-WebSocket-Extensions";

// RFC 9110, section 15.5.22: what a 426 has to say.
const std::vector<HeaderIs> kUpgradeRequired = {{"Upgrade", "websocket"}, {kVersion, "13"}};

std::vector<Rule> RequestRules() {
  return {
      {"4.2.1/1",
       "The handshake is an HTTP/1.1 or higher GET request",
       {Accepts("Get", Handshake()),
        Refuses("Post", Handshake().Method("POST"), 405, {{"Allow", "GET"}}),
        Refuses("Head", Handshake().Method("HEAD"), 405, {{"Allow", "GET"}}),
        Refuses("Put", Handshake().Method("PUT"), 405, {{"Allow", "GET"}}),
        Refuses("Connect", Handshake().Method("CONNECT"), 405, {{"Allow", "GET"}}),
        Refuses("LowerCaseGet", Handshake().Method("get"), 405, {{"Allow", "GET"}}),
        Refuses("Http10", Handshake().Version("HTTP/1.0"), 400),
        Refuses("Http09", Handshake().Version("HTTP/0.9"), 505),
        Refuses("Http2", Handshake().Version("HTTP/2.0"), 505),
        Refuses("OtherProtocol", Handshake().Version("FTP/1.1"), 400),
        Refuses("Http12", Handshake().Version("HTTP/1.2"), 505)}},
      {"4.2.1/1",
       "... with a Request-URI that is a path or an absolute http or https URL (3, 4.1/3), without "
       "a "
       "fragment",
       {Accepts("Path", Handshake("/echo")), Accepts("Query", Handshake("/echo?a=b&c=%20")),
        Accepts("AbsoluteUrl", Handshake("http://server.example.com/echo")),
        Accepts("AbsoluteHttpsUrl", Handshake("https://server.example.com:443/echo?a")),
        Refuses("Fragment", Handshake("/echo?a#part"), 400),
        Refuses("NoSlash", Handshake("echo"), 400), Refuses("Star", Handshake("*"), 400),
        Refuses("OtherScheme", Handshake("ftp://server.example.com/echo"), 400),
        Refuses("ByteAbove127", Handshake("/echo?\xC3\xA4"), 400)}},
      {"4.2.1/2",
       "A |Host| header field contains the server's authority; HTTP/1.1 (RFC 9112, 3.2): exactly "
       "one",
       {Accepts("OneHost", Handshake()),
        Accepts("HostWithPort", Handshake().Replacing("Host", "server.example.com:8080")),
        Accepts("HostIsIpv6", Handshake().Replacing("Host", "[::1]:8080")),
        Accepts("HostInLowerCase", Handshake().Without("Host").With("host", "x")),
        Refuses("NoHost", Handshake().Without("Host"), 400),
        Refuses("TwoHosts", Handshake().With("Host", "other.example.com"), 400),
        Refuses("SameHostTwice", Handshake().With("Host", "server.example.com"), 400),
        Refuses("EmptyHost", Handshake().Replacing("Host", ""), 400),
        Refuses("HostIsAUrl", Handshake().Replacing("Host", "http://server.example.com/"), 400),
        Refuses("TwoHostsInOne", Handshake().Replacing("Host", "a.example.com, b"), 400),
        Refuses("PortIsNoNumber", Handshake().Replacing("Host", "a:http"), 400)}},
      {"4.2.1/3",
       "An |Upgrade| header field contains \"websocket\", compared without regard to case",
       {Accepts("UpgradeInLowerCase", Handshake()),
        Accepts("UpgradeInMixedCase", Handshake().Replacing("Upgrade", "WebSocket")),
        Accepts("UpgradeInAList", Handshake().Replacing("Upgrade", "h2c, websocket")),
        Accepts("UpgradeOverTwoLines",
                Handshake().Without("Upgrade").With("Upgrade", "h2c").With("UPGRADE", "WEBSOCKET")),
        Refuses("NoUpgrade", Handshake().Without("Upgrade"), 426, kUpgradeRequired),
        Refuses("OtherUpgrade", Handshake().Replacing("Upgrade", "h2c"), 426, kUpgradeRequired),
        Refuses("UpgradeThatBeginsSo", Handshake().Replacing("Upgrade", "websockets"), 426,
                kUpgradeRequired),
        Refuses(
            "PlainGet",
            Handshake().Without("Upgrade").Without("Connection").Without(kKey).Without(kVersion),
            426, kUpgradeRequired)}},
      {"4.2.1/4",
       "A |Connection| header field includes the token \"Upgrade\", compared without regard to "
       "case",
       {Accepts("ConnectionAlone", Handshake()),
        Accepts("ConnectionInAList", Handshake().Replacing("Connection", "keep-alive, upgrade")),
        Accepts("ConnectionInUpperCase", Handshake().Replacing("Connection", "UPGRADE")),
        Accepts("ConnectionOverTwoLines", Handshake()
                                              .Without("Connection")
                                              .With("Connection", "keep-alive")
                                              .With("Connection", ",Upgrade")),
        Refuses("NoConnection", Handshake().Without("Connection"), 400),
        Refuses("OtherConnection", Handshake().Replacing("Connection", "keep-alive"), 400),
        Refuses("ConnectionThatBeginsSo", Handshake().Replacing("Connection", "Upgraded"), 400)}},
      {"4.2.1/5",
       "A |Sec-WebSocket-Key| header field holds a base64 value that is 16 bytes when decoded",
       {Accepts("SixteenBytes", Handshake()),
        Accepts("OtherKey", Handshake().Replacing(kKey, "AAAAAAAAAAAAAAAAAAAAAA==")),
        Accepts("AllOfBase64", Handshake().Replacing(kKey, "++//zZ09aA++//zZ09aA+A==")),
        Accepts("SpacesAround", Handshake().Replacing(kKey, "  dGhlIHNhbXBsZSBub25jZQ==\t ")),
        Refuses("NoKey", Handshake().Without(kKey), 400),
        Refuses("EmptyKey", Handshake().Replacing(kKey, ""), 400),
        Refuses("FifteenBytes", Handshake().Replacing(kKey, "AAAAAAAAAAAAAAAAAAAA"), 400),
        Refuses("SeventeenBytes", Handshake().Replacing(kKey, "AAAAAAAAAAAAAAAAAAAAAAA="), 400),
        Refuses("NotPadded", Handshake().Replacing(kKey, "dGhlIHNhbXBsZSBub25jZQ"), 400),
        Refuses("NotBase64", Handshake().Replacing(kKey, "dGhl_HNhbXBsZSBub25jZQ=="), 400)}},
      {"11.3.1",
       "|Sec-WebSocket-Key| does not appear more than once in a request",
       {Accepts("KeyOnce", Handshake()),
        Refuses("KeyTwice", Handshake().With(kKey, "AAAAAAAAAAAAAAAAAAAAAA=="), 400),
        Refuses("SameKeyTwice", Handshake().With(kKey, "dGhlIHNhbXBsZSBub25jZQ=="), 400)}},
      {"4.2.1/6",
       "A |Sec-WebSocket-Version| header field has the value 13; else (4.2.2/4, 4.4) an error such "
       "as 426, with the versions that are understood",
       {Accepts("Version13", Handshake()),
        Refuses("NoVersionHeader", Handshake().Without(kVersion), 400, {{kVersion, "13"}}),
        Refuses("Version8", Handshake().Replacing(kVersion, "8"), 426, kUpgradeRequired),
        Refuses("Version0", Handshake().Replacing(kVersion, "0"), 426, kUpgradeRequired),
        Refuses("Version12", Handshake().Replacing(kVersion, "12"), 426, kUpgradeRequired),
        Refuses("Version14", Handshake().Replacing(kVersion, "14"), 426, kUpgradeRequired),
        Refuses("Version255", Handshake().Replacing(kVersion, "255"), 426, kUpgradeRequired),
        Refuses("VersionWithAZero", Handshake().Replacing(kVersion, "013"), 426, kUpgradeRequired),
        Refuses("VersionIsAList", Handshake().Replacing(kVersion, "13, 8"), 426, kUpgradeRequired),
        Refuses("VersionIsAWord", Handshake().Replacing(kVersion, "new"), 426, kUpgradeRequired)}},
      {"11.3.5",
       "|Sec-WebSocket-Version| does not appear more than once in a request",
       {Accepts("VersionOnce", Handshake()),
        Refuses("VersionTwice", Handshake().With(kVersion, "13"), 400, {{kVersion, "13"}}),
        Refuses("TwoVersions", Handshake().With(kVersion, "8"), 400, {{kVersion, "13"}})}},
      {"4.2.1/7",
       "Optionally an |Origin| header field; a request without it is not from a browser (10.1)",
       {Accepts("Origin", Handshake().With("Origin", "https://example.com")),
        Accepts("NullOrigin", Handshake().With("Origin", "null")),
        Accepts("NoOrigin", Handshake())},
       true},
      {"4.1/10",
       "The elements of |Sec-WebSocket-Protocol| are non-empty tokens, all of them unique",
       {Accepts("Subprotocols", Handshake().With(kProtocol, "chat, superchat")),
        Accepts("SubprotocolOfEachSign", Handshake().With(kProtocol, "!#$%&'*+-.^_`|~09azAZ")),
        Accepts("SubprotocolsDifferInCase", Handshake().With(kProtocol, "chat, Chat")),
        Refuses("SubprotocolWithASpace", Handshake().With(kProtocol, "super chat"), 400),
        Refuses("SubprotocolWithASeparator", Handshake().With(kProtocol, "chat/1"), 400),
        Refuses("SubprotocolIsQuoted", Handshake().With(kProtocol, "\"chat\""), 400),
        Refuses("SubprotocolBeyondAscii", Handshake().With(kProtocol, "ch\xC3\xA4t"), 400),
        Refuses("SubprotocolTwice", Handshake().With(kProtocol, "chat, superchat, chat"), 400),
        Refuses("SubprotocolsEmpty", Handshake().With(kProtocol, ""), 400),
        Refuses("SubprotocolsAllEmpty", Handshake().With(kProtocol, ", ,"), 400)}},
      {"11.3.4",
       "|Sec-WebSocket-Protocol| may appear several times in a request: the same as one list",
       {Accepts("SubprotocolsOverTwoLines",
                Handshake().With(kProtocol, "chat").With(kProtocol, "superchat, mega")),
        Refuses("SubprotocolTwiceOverTwoLines",
                Handshake().With(kProtocol, "chat").With(kProtocol, "superchat,chat"), 400)}},
      {"4.2.1/10",
       "Header fields that are not known are ignored",
       {Accepts("Cookies", Handshake().With("Cookie", "a=b; c=d").With("Cookie", "e=f")),
        Accepts("Unknown",
                Handshake().With("X-Unknown", "\"what, ever").With("Sec-WebSocket-Foo", "1")),
        Accepts("Authorization", Handshake().With("Authorization", "Bearer abc"))},
       true},
  };
}

std::vector<Rule> ExtensionRules() {
  return {
      {"9.1",
       "|Sec-WebSocket-Extensions| is a list of extensions with parameters; a header that does not "
       "conform to the grammar fails the connection",
       {Accepts("OneExtension", Handshake().With(kExtensions, "foo")),
        Accepts("TwoExtensions", Handshake().With(kExtensions, "foo, bar; baz=2")),
        Accepts("ParameterWithoutValue", Handshake().With(kExtensions, "foo; a; b")),
        Accepts("SpacesInOddPlaces", Handshake().With(kExtensions, " foo ;a = 1\t; b,,bar ")),
        Accepts("DeflateAsBrowsersOffer",
                Handshake().With(kExtensions, "permessage-deflate; client_max_window_bits")),
        Refuses("ExtensionsEmpty", Handshake().With(kExtensions, ""), 400),
        Refuses("NoExtensionInTheList", Handshake().With(kExtensions, " , ,"), 400),
        Refuses("ExtensionIsNoToken", Handshake().With(kExtensions, "foo@bar"), 400),
        Refuses("TwoNamesInOne", Handshake().With(kExtensions, "foo bar"), 400),
        Refuses("ParameterEmpty", Handshake().With(kExtensions, "foo;"), 400),
        Refuses("ParameterWithoutName", Handshake().With(kExtensions, "foo; =1"), 400),
        Refuses("ValueEmpty", Handshake().With(kExtensions, "foo; a="), 400),
        Refuses("ValueIsNoToken", Handshake().With(kExtensions, "foo; a=1/2"), 400),
        Refuses("ParameterBeforeAName", Handshake().With(kExtensions, "; a=1"), 400)}},
      {"9.1",
       "A parameter's value may be a quoted string, whose content, unescaped, is a token",
       {Accepts("QuotedValue", Handshake().With(kExtensions, "foo; a=\"1\"; b=2")),
        Accepts("QuotedValueWithEscapes", Handshake().With(kExtensions, "foo; a=\"\\1\\0\"")),
        Refuses("QuotedValueEmpty", Handshake().With(kExtensions, "foo; a=\"\""), 400),
        Refuses("QuotedValueWithASpace", Handshake().With(kExtensions, "foo; a=\"1 2\""), 400),
        Refuses("QuotedValueWithAComma", Handshake().With(kExtensions, "foo; a=\"1,2\""), 400),
        Refuses("QuotedValueNotEnded", Handshake().With(kExtensions, "foo; a=\"1"), 400),
        Refuses("QuoteAfterAValue", Handshake().With(kExtensions, "foo; a=1\"2\""), 400),
        Refuses("QuotedName", Handshake().With(kExtensions, "\"foo\""), 400)}},
      {"11.3.2",
       "|Sec-WebSocket-Extensions| may appear several times in a request: the same as one list",
       {Accepts("ExtensionsOverTwoLines",
                Handshake().With(kExtensions, "foo").With(kExtensions, "bar; a=1")),
        Accepts("OneOfTwoLinesIsEmpty", Handshake().With(kExtensions, "foo").With(kExtensions, "")),
        Refuses("SecondLineIsWrong",
                Handshake().With(kExtensions, "foo").With(kExtensions, "bar; =1"), 400),
        Refuses("ExtensionOverTwoLines",
                Handshake().With(kExtensions, "foo;").With(kExtensions, "a=1"), 400)}},
      {"4.2.2/5.6",
       "The server names only extensions that were offered and that it uses; it may decline all "
       "(9.1)",
       {Accepts("UnknownExtensionIsDeclined", Handshake().With(kExtensions, "foo"),
                {{kExtensions, ""}}),
        Accepts("DeflateIsDeclinedWhereItIsOff",
                Handshake().With(kExtensions, "permessage-deflate"), {{kExtensions, ""}}),
        Accepts("NoneOfferedNoneNamed", Handshake(), {{kExtensions, ""}})},
       true},
  };
}

std::vector<Rule> UnusedExtensionRules() {
  const Request offer = Handshake().With(kExtensions, "permessage-deflate");
  const Frame compressed = Text(std::string("\xF2\x48\xCD\xC9\xC9\x07\x00", 7)).Rsv(4);
  return {
      {"9.1",
       "An extension is in use only where the server agreed to it: what it was to define stays "
       "reserved (5.2)",
       {Accepts("PlainBehindADeclinedOffer", offer, Echo(Text("Hello"))),
        Refuses("CompressedBehindADeclinedOffer", offer, Send(compressed), 1002),
        Refuses("CompressedWithoutAnOffer", Send(compressed), 1002)}},
  };
}

std::vector<Rule> ResponseRules() {
  // Each 101 is checked for Upgrade, Connection and the digest of its key: see player.cc.
  return {
      {"4.2.2/5",
       "The answer is 101 with Upgrade: websocket, Connection: Upgrade and a Sec-WebSocket-Accept "
       "that is the base64 of the SHA-1 of the key and the standard's GUID",
       {Accepts("ExampleOfTheStandard", Handshake(),
                {{"Sec-WebSocket-Accept", "s3pPLMBiTxaQ9kYGzzhZRbK+xOo="}}),
        Accepts("AnotherKey", Handshake().Replacing(kKey, "x3JJHMbDL1EzLkh9GBhXDw=="),
                {{"Sec-WebSocket-Accept", "HSmrc0sMlYUkAGmm5OPpG2HaGWk="}})},
       true},
      {"4.2.2/5.5",
       "Without a subprotocol that the server wants to speak there is no Sec-WebSocket-Protocol",
       {Accepts("SubprotocolIsDeclined", Handshake().With(kProtocol, "chat"), {{kProtocol, ""}}),
        Accepts("NoSubprotocolOffered", Handshake(), {{kProtocol, ""}})},
       true},
      {"4.2.2/4",
       "A resource that is not there is refused with a fitting error, such as 404",
       {Accepts("KnownPath", Handshake("/echo")),
        Refuses("UnknownPath", Handshake("/nowhere"), 404),
        Refuses("PathInOtherCase", Handshake("/Echo"), 404),
        Refuses("PathWithASlashMore", Handshake("/echo/"), 404),
        Refuses("PathIsPercentEncoded", Handshake("/%65cho"), 404)}},
      {"4.2.2",
       "Once the 101 is sent the connection is open: what came with the handshake is data",
       {Accepts("FrameBehindTheHandshake", Handshake().Behind(Text("pipelined").Bytes()),
                {Get(Text("pipelined"))}),
        Accepts("CutFrameBehindTheHandshake",
                Handshake().Behind(Text("pipelined").Bytes().substr(0, 8)),
                {Send(Text("pipelined").Bytes().substr(8)), Get(Text("pipelined"))}),
        Refuses("BadFrameBehindTheHandshake", Handshake().Behind(Text("x").Unmasked().Bytes()),
                Dialogue{}, 1002)}},
  };
}

std::vector<Rule> HttpRules() {
  return {
      {"4.2.1",
       "The request is HTTP: a header line is a name, a colon and a value (RFC 9112, 5.1); lines "
       "end "
       "in CR and LF (2.2)",
       {Accepts("EmptyLineBeforeTheRequest", Handshake().Method("\r\nGET")),
        Refuses("SpaceBeforeTheRequest", Handshake().Method(" GET"), 400),
        Refuses("TwoSpacesInTheRequestLine", Handshake(" /echo"), 400),
        Refuses("SpaceBehindTheVersion", Handshake().Version("HTTP/1.1 "), 400),
        Refuses("RequestLineEndsInLf", Handshake().Version("HTTP/1.1\nX: y"), 400),
        Refuses("HeaderLineEndsInLf", Handshake().Line("X-Lf: a\nX-More: b"), 400),
        Accepts("HeaderWithoutSpace", Handshake().Line("X-Tight:value")),
        Accepts("HeaderWithoutValue", Handshake().Line("X-Empty:")),
        Accepts("HeaderOverTwoLines", Handshake().Line("X-Folded: a\r\n b")),
        Refuses("SpaceBeforeTheColon", Handshake().Line("X-Wide : value"), 400),
        Refuses("NoColon", Handshake().Line("X-Nothing"), 400),
        Refuses("NameEmpty", Handshake().Line(": value"), 400),
        Refuses("NameIsNoToken", Handshake().Line("X(1): value"), 400),
        Refuses("NulInAValue", Handshake().Line(std::string("X-Nul: a\0b", 10)), 400),
        Refuses("BareCrInAValue", Handshake().Line("X-Cr: a\rb"), 400)}},
      {"4.2.1",
       "A handshake has no body: the bytes behind its head are frames",
       {Accepts("LengthOfZero", Handshake().With("Content-Length", "0")),
        Refuses("Body", Handshake().With("Content-Length", "5").Behind("hello"), 413),
        Refuses("ChunkedBody", Handshake().With("Transfer-Encoding", "chunked").Behind("0\r\n\r\n"),
                413),
        Refuses("TwoLengths", Handshake().With("Content-Length", "0").With("Content-Length", "5"),
                400),
        Refuses("LengthIsNoNumber", Handshake().With("Content-Length", "five"), 400)}},
      {"10.4",
       "An implementation protects itself by limits: 100 header lines, else 431",
       {Accepts("HundredLines", Handshake().Padded(95)),
        Refuses("HundredAndOneLines", Handshake().Padded(96), 431),
        Refuses("ThousandLines", Handshake().Padded(1'000), 431)}},
      {"10.4",
       "... 16 KiB of header, else 431",
       {Accepts("LongHeader", Handshake().With("X-Long", std::string(15 * 1024, 'x'))),
        Refuses("TooLongHeader", Handshake().With("X-Long", std::string(17 * 1024, 'x')), 431),
        Refuses("HeaderOf64KiB", Handshake().With("X-Long", std::string(64 * 1024, 'x')), 431)}},
      {"10.4",
       "... 8 KiB of target, else 414",
       {Accepts("LongTarget", Handshake("/echo?" + std::string(8 * 1024 - 6, 'q'))),
        Refuses("TooLongTarget", Handshake("/echo?" + std::string(8 * 1024 - 5, 'q')), 414)}},
  };
}

}  // namespace

Table HandshakeTable() {
  Table table{.name = "Handshake",
              .about = "Sections 4, 9.1 and 11.3: which requests open a WebSocket connection.",
              .config = R"(
shards: 1
routes:
  - { path: /echo, static: { on_message: echo } }
)"};
  for (auto rules :
       {RequestRules(), ExtensionRules(), UnusedExtensionRules(), ResponseRules(), HttpRules()}) {
    table.rules.insert(table.rules.end(), rules.begin(), rules.end());
  }
  return table;
}

}  // namespace hookcast::conformance
