#include "edge/websocket/handshake.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <algorithm>
#include <string>
#include <utility>
#include <vector>

#include "edge/websocket/http_grammar.h"

namespace hookcast::websocket {
namespace {

using ::testing::Contains;
using ::testing::ElementsAre;
using ::testing::ElementsAreArray;
using ::testing::IsEmpty;
using ::testing::Pair;

// A good request (RFC 6455, section 1.3), to be changed one thing at a time.
struct Request {
  std::string method = "GET";
  unsigned version = 11;
  std::string target = "/chat";
  std::vector<std::pair<std::string, std::string>> headers = {
      {"Host", "server.example.com"},   {"Upgrade", "websocket"},
      {"Connection", "Upgrade"},        {"Sec-WebSocket-Key", "dGhlIHNhbXBsZSBub25jZQ=="},
      {"Origin", "http://example.com"}, {"Sec-WebSocket-Version", "13"}};

  Request&& With(std::string name, std::string value) && {
    headers.emplace_back(std::move(name), std::move(value));
    return std::move(*this);
  }
  Request&& Without(std::string_view name) && {
    std::erase_if(headers, [&](const auto& h) { return EqualsIgnoringCase(h.first, name); });
    return std::move(*this);
  }
  Request&& Set(std::string name, std::string value) && {
    return std::move(*this).Without(name).With(std::move(name), std::move(value));
  }

  std::variant<Handshake, HandshakeRejection> Check() const {
    std::vector<HeaderView> views;
    for (const auto& [name, value] : headers) views.push_back({name, value});
    return CheckHandshake({method, version, target, views});
  }
};

Request Line(std::string method, unsigned version, std::string target) {
  Request request;
  request.method = std::move(method);
  request.version = version;
  request.target = std::move(target);
  return request;
}

struct Case {
  std::string_view what;  // with the section of RFC 6455, where no other is named
  Request request;
  int status;  // 101 where it is accepted
};

void ExpectStatus(const Case& c) {
  SCOPED_TRACE(c.what);
  const auto outcome = c.request.Check();
  if (const auto* handshake = std::get_if<Handshake>(&outcome)) {
    EXPECT_EQ(c.status, 101);
    EXPECT_EQ(handshake->accept.size(), 28u);
    return;
  }
  const auto& rejection = std::get<HandshakeRejection>(outcome);
  EXPECT_EQ(rejection.status, c.status) << rejection.body;
  // One sentence, for a person.
  EXPECT_GT(rejection.body.size(), 20u);
  EXPECT_TRUE(rejection.body.ends_with('.')) << rejection.body;
  EXPECT_EQ(std::count(rejection.body.begin(), rejection.body.end(), '\n'), 0);
  const auto has = [&](std::string_view name, std::string_view value) {
    return std::count(rejection.headers.begin(), rejection.headers.end(),
                      std::pair<std::string, std::string>(name, value)) == 1;
  };
  if (rejection.status == 426) {
    EXPECT_TRUE(has("Upgrade", "websocket"));
    EXPECT_TRUE(has("Connection", "Upgrade"));
    EXPECT_TRUE(has("Sec-WebSocket-Version", "13"));
  }
  EXPECT_EQ(has("Allow", "GET"), rejection.status == 405);
}

Handshake Accepted(const Request& request) {
  const auto outcome = request.Check();
  if (const auto* rejection = std::get_if<HandshakeRejection>(&outcome)) {
    ADD_FAILURE() << rejection->status << ' ' << rejection->body;
    return {};
  }
  return std::get<Handshake>(outcome);
}

TEST(HandshakeTest, AnswersTheStandardsKey) {
  EXPECT_EQ(AcceptKey("dGhlIHNhbXBsZSBub25jZQ=="), "s3pPLMBiTxaQ9kYGzzhZRbK+xOo=");  // section 1.3
  EXPECT_EQ(AcceptKey("x3JJHMbDL1EzLkh9GBhXDw=="), "HSmrc0sMlYUkAGmm5OPpG2HaGWk=");
  EXPECT_EQ(Accepted(Request()).accept, "s3pPLMBiTxaQ9kYGzzhZRbK+xOo=");
  EXPECT_THAT(Accepted(Request()).offered_subprotocols, IsEmpty());
}

TEST(HandshakeTest, ChecksTheRequestLine) {
  const Case cases[] = {
      {"4.2.1.1 POST", Line("POST", 11, "/chat"), 405},
      {"4.2.1.1 HEAD", Line("HEAD", 11, "/chat"), 405},
      {"4.2.1.1 methods have a case", Line("get", 11, "/chat"), 405},
      {"4.2.1.1 no method", Line("", 11, "/chat"), 405},
      {"4.2.1.1 HTTP/1.0", Line("GET", 10, "/chat"), 400},
      {"4.2.1.1 HTTP/0.9", Line("GET", 9, "/chat"), 400},
      {"4.2.1.1 later than HTTP/1.1", Line("GET", 12, "/chat"), 101},
      {"4.2.1.1 query", Line("GET", 11, "/chat?a=b"), 101},
      {"4.2.1.1 absolute", Line("GET", 11, "http://server.example.com/chat"), 101},
      {"3 fragment", Line("GET", 11, "/chat#a"), 400},
      {"3 fragment, absolute", Line("GET", 11, "http://server.example.com/chat#a"), 400},
      {"4.2.1.1 asterisk", Line("GET", 11, "*"), 400},
      {"4.2.1.1 empty", Line("GET", 11, ""), 400},
      {"4.2.1.1 authority", Line("GET", 11, "server.example.com:80"), 400},
  };
  for (const Case& c : cases) ExpectStatus(c);
}

TEST(HandshakeTest, ChecksTheHeaders) {
  const std::string key = "dGhlIHNhbXBsZSBub25jZQ==";
  const Case cases[] = {
      {"4.2.1 as it stands", Request(), 101},
      {"4.2.1.2 no Host", Request().Without("Host"), 400},
      {"4.2.1.2 two Hosts", Request().With("host", "server.example.com"), 400},
      {"4.2.1.2 empty Host", Request().Set("Host", ""), 400},
      {"4.2.1.2 bad Host", Request().Set("Host", "a/b"), 400},
      {"4.2.1.2 Host with a port", Request().Set("HOST", " [::1]:8080 "), 101},

      {"4.2.1.3 no Upgrade", Request().Without("Upgrade"), 426},
      {"4.2.1.3 other Upgrade", Request().Set("Upgrade", "h2c"), 426},
      {"4.2.1.3 empty Upgrade", Request().Set("Upgrade", ""), 426},
      {"4.2.1.3 longer word", Request().Set("Upgrade", "websockets"), 426},
      {"4.2.1.3 with a version", Request().Set("Upgrade", "websocket/13"), 426},
      {"4.2.1.3 in any case", Request().Set("upgrade", "WebSocket"), 101},
      {"4.2.1.3 in a list", Request().Set("Upgrade", "h2c, websocket"), 101},
      {"4.2.1.3 in a second line", Request().Set("Upgrade", "h2c").With("Upgrade", "websocket"),
       101},

      {"4.2.1.4 no Connection", Request().Without("Connection"), 400},
      {"4.2.1.4 other Connection", Request().Set("Connection", "keep-alive"), 400},
      {"4.2.1.4 longer word", Request().Set("Connection", "upgrades"), 400},
      {"4.2.1.4 no list of words", Request().Set("Connection", "keep-alive Upgrade"), 400},
      {"4.2.1.4 in any case", Request().Set("connection", "UPGRADE"), 101},
      {"4.2.1.4 in a list", Request().Set("Connection", "keep-alive, Upgrade"), 101},
      {"4.2.1.4 with empty elements", Request().Set("Connection", ", ,Upgrade,"), 101},
      {"4.2.1.4 in a second line",
       Request().Set("Connection", "keep-alive").With("Connection", "upgrade"), 101},

      {"4.2.1.5 no key", Request().Without("Sec-WebSocket-Key"), 400},
      {"4.2.1.5 two keys", Request().With("Sec-WebSocket-Key", key), 400},
      {"11.3.1 two keys in a line", Request().Set("Sec-WebSocket-Key", key + ", " + key), 400},
      {"4.2.1.5 empty key", Request().Set("Sec-WebSocket-Key", ""), 400},
      {"4.2.1.5 15 bytes", Request().Set("Sec-WebSocket-Key", "AAAAAAAAAAAAAAAAAAAA"), 400},
      {"4.2.1.5 17 bytes", Request().Set("Sec-WebSocket-Key", "AAAAAAAAAAAAAAAAAAAAAAA="), 400},
      {"4.2.1.5 18 bytes", Request().Set("Sec-WebSocket-Key", "AAAAAAAAAAAAAAAAAAAAAAAA"), 400},
      {"4.2.1.5 19 bytes", Request().Set("Sec-WebSocket-Key", "AAAAAAAAAAAAAAAAAAAAAAAAAA=="), 400},
      {"4.2.1.5 no padding", Request().Set("Sec-WebSocket-Key", "AAAAAAAAAAAAAAAAAAAAAA"), 400},
      {"4.2.1.5 no base64", Request().Set("Sec-WebSocket-Key", "AAAAAAAAAAAAAAAAAAAAA-=="), 400},
      {"4.2.1.5 space within", Request().Set("Sec-WebSocket-Key", "AAAAAAAAAAA AAAAAAAAAA=="), 400},
      {"4.2.1.5 padding within", Request().Set("Sec-WebSocket-Key", "AAAAAAAAAA=AAAAAAAAAAA=="),
       400},
      {"4.2.1.5 spaces around", Request().Set("sec-websocket-key", " " + key + "\t"), 101},
      {"4.1 spare bits are set", Request().Set("Sec-WebSocket-Key", "AAAAAAAAAAAAAAAAAAAAA/=="),
       101},

      {"4.2.1.6 no version", Request().Without("Sec-WebSocket-Version"), 400},
      {"4.2.1.6 two versions", Request().With("Sec-WebSocket-Version", "13"), 400},
      {"4.4 version 8", Request().Set("Sec-WebSocket-Version", "8"), 426},
      {"4.4 version 14", Request().Set("Sec-WebSocket-Version", "14"), 426},
      {"4.4 empty version", Request().Set("Sec-WebSocket-Version", ""), 426},
      {"4.4 leading zero", Request().Set("Sec-WebSocket-Version", "013"), 426},
      {"4.4 list of versions", Request().Set("Sec-WebSocket-Version", "13, 8"), 426},
      {"4.4 spaces around", Request().Set("Sec-WebSocket-Version", " 13 "), 101},

      {"a body of a length", Request().With("Content-Length", "5"), 400},
      {"a body in chunks", Request().With("Transfer-Encoding", "chunked"), 400},
      {"a length twice", Request().With("Content-Length", "0").With("Content-Length", "0"), 400},
      {"no body, and says so", Request().With("Content-Length", "0"), 101},

      {"9.1 extension", Request().With("Sec-WebSocket-Extensions", "permessage-deflate"), 101},
      {"9.1 unknown extension", Request().With("Sec-WebSocket-Extensions", "x; y=\"z\""), 101},
      {"9.1 two lines",
       Request().With("Sec-WebSocket-Extensions", "a").With("Sec-WebSocket-Extensions", "b; c"),
       101},
      {"9.1 malformed", Request().With("Sec-WebSocket-Extensions", "a b"), 400},
      {"9.1 malformed second line",
       Request().With("Sec-WebSocket-Extensions", "a").With("Sec-WebSocket-Extensions", "b;"), 400},
      {"9.1 empty", Request().With("Sec-WebSocket-Extensions", ""), 400},
  };
  for (const Case& c : cases) ExpectStatus(c);
}

TEST(HandshakeTest, FindsTheFirstOfferOfDeflateThatCanBeTaken) {
  const auto bits = [](const std::vector<std::string>& lines) {
    Request request;
    for (const std::string& line : lines) {
      request.headers.emplace_back("Sec-WebSocket-Extensions", line);
    }
    const auto outcome = request.Check();
    const auto* handshake = std::get_if<Handshake>(&outcome);
    if (handshake == nullptr) return -1;
    return handshake->deflate ? int{handshake->deflate->window_bits} : 0;
  };
  EXPECT_EQ(bits({}), 0);
  EXPECT_EQ(bits({"x-other"}), 0);
  EXPECT_EQ(bits({"permessage-deflate; client_max_window_bits"}), 15);
  // All lines are one list.
  EXPECT_EQ(bits({"x-other", "permessage-deflate; server_max_window_bits=8",
                  "permessage-deflate; server_max_window_bits=9, permessage-deflate"}),
            9);
  // An offer that is declined is no fault of the handshake; broken grammar is, wherever it stands.
  EXPECT_EQ(bits({"permessage-deflate; server_max_window_bits=99"}), 0);
  EXPECT_EQ(bits({"permessage-deflate", "a b"}), -1);
}

TEST(HandshakeTest, ReadsOfferedSubprotocols) {
  struct Offer {
    std::string_view what;
    std::vector<std::string> lines;
    std::vector<std::string> offered;  // empty: refused
  };
  const Offer offers[] = {
      {"one", {"chat"}, {"chat"}},
      {"in order", {"superchat, chat"}, {"superchat", "chat"}},
      {"joined over lines", {"b", "a,c"}, {"b", "a", "c"}},
      {"11.3.4 empty elements", {" ,a, ,b,"}, {"a", "b"}},
      {"an empty line beside another", {"", "a"}, {"a"}},
      {"names have a case", {"chat, Chat"}, {"chat", "Chat"}},
      {"signs of a token",
       {"hookcast.v1.json, a!#$%&'*+-.^_`|~"},
       {"hookcast.v1.json", "a!#$%&'*+-.^_`|~"}},
      {"4.1.10 twice", {"chat, chat"}, {}},
      {"4.1.10 twice, in two lines", {"chat", "a, chat"}, {}},
      {"4.1.10 empty", {""}, {}},
      {"4.1.10 only commas", {",,"}, {}},
      {"4.1.10 space within", {"a b"}, {}},
      {"4.1.10 separator", {"a/b"}, {}},
      {"4.1.10 quoted", {"\"a\""}, {}},
      {"4.1.10 not ASCII", {"caf\xC3\xA9"}, {}},
      {"4.1.10 control character", {"a\x01"}, {}},
  };
  for (const Offer& offer : offers) {
    SCOPED_TRACE(offer.what);
    Request request;
    for (const std::string& line : offer.lines) {
      request.headers.emplace_back("Sec-WebSocket-Protocol", line);
    }
    if (offer.offered.empty()) {
      ExpectStatus({offer.what, request, 400});
    } else {
      EXPECT_THAT(Accepted(request).offered_subprotocols, ElementsAreArray(offer.offered));
    }
  }
}

TEST(HandshakeTest, AMissingVersionIsToldWhichOneToUse) {
  const auto outcome = Request().Without("Sec-WebSocket-Version").Check();
  EXPECT_THAT(std::get<HandshakeRejection>(outcome).headers,
              ElementsAre(Pair("Sec-WebSocket-Version", "13")));
}

TEST(HandshakeTest, AVersionThatIsNotSpokenIsToldBeforeItsOwnFaults) {
  // An older draft has other keys: what helps its user is the version.
  Request request = Request().Set("Sec-WebSocket-Version", "7").Without("Sec-WebSocket-Key");
  const auto outcome = request.Check();
  EXPECT_EQ(std::get<HandshakeRejection>(outcome).status, 426);
}

TEST(HandshakeTest, ManyHeadersAreAllRead) {
  for (const bool first : {true, false}) {
    Request request;
    std::vector<std::pair<std::string, std::string>> many(20'000, {"X-Filler", "x"});
    request.headers.insert(first ? request.headers.end() : request.headers.begin(), many.begin(),
                           many.end());
    ExpectStatus({"20,000 headers", request, 101});
  }
  ExpectStatus({"a long value", Request().With("Cookie", std::string(1 << 16, 'c')), 101});
  std::string list;
  for (int i = 0; i < 20'000; ++i) list += "p" + std::to_string(i) + ",";
  const Request offers = Request().With("Sec-WebSocket-Protocol", list);
  EXPECT_EQ(Accepted(offers).offered_subprotocols.size(), 20'000u);
}

TEST(HandshakeTest, KnowsWhoWantsAWebSocket) {
  const auto wants = [](std::vector<HeaderView> headers) { return WantsWebSocket(headers); };
  EXPECT_TRUE(wants({{"Upgrade", "websocket"}}));
  EXPECT_TRUE(wants({{"UPGRADE", "WEBSOCKET"}}));
  EXPECT_TRUE(wants({{"Host", "a"}, {"upgrade", "h2c , websocket"}}));
  EXPECT_TRUE(wants({{"upgrade", "h2c"}, {"upgrade", "websocket"}}));
  EXPECT_FALSE(wants({}));
  EXPECT_FALSE(wants({{"Upgrade", "h2c"}}));
  EXPECT_FALSE(wants({{"Upgrade", "not websocket"}}));
  EXPECT_FALSE(wants({{"Connection", "websocket"}}));
  EXPECT_FALSE(wants({{"Upgrades", "websocket"}}));
}

}  // namespace
}  // namespace hookcast::websocket
