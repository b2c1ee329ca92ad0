#include "edge/negotiation.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <string>
#include <utility>
#include <vector>

#include "edge/cors.h"

namespace hookcast::edge {
namespace {

using config::TransportKind;
using testing::ElementsAre;
using testing::Pair;

config::Route RouteOf(std::vector<TransportKind> transports,
                      std::vector<std::string> origins = {}) {
  config::Route route;
  route.path = "/e";
  route.transports = std::move(transports);
  route.allowed_origins = std::move(origins);
  return route;
}

const config::Route kSse = RouteOf({TransportKind::kSse});
const config::Route kBoth = RouteOf({TransportKind::kWebSocket, TransportKind::kSse});
const config::Route kWebSocket = RouteOf({TransportKind::kWebSocket});

HttpRequest Request(std::string method, HttpHeaders headers = {}) {
  headers.emplace_back("Host", "x");
  return {.method = std::move(method), .target = "/e?a=1", .headers = std::move(headers)};
}

HttpRequest Handshake() {
  return Request("GET", {{"Upgrade", "websocket"},
                         {"Connection", "Upgrade"},
                         {"Sec-WebSocket-Key", "dGhlIHNhbXBsZSBub25jZQ=="},
                         {"Sec-WebSocket-Version", "13"}});
}

// In a word: what is wanted, or the status of the refusal.
std::string Asked(const config::Route& route, const HttpRequest& request, bool posts = true) {
  const Negotiated wants = Negotiate(route, posts, request);
  if (std::holds_alternative<websocket::Handshake>(wants)) return "websocket";
  if (const auto* stream = std::get_if<WantsEventStream>(&wants)) {
    return stream->chunked ? "stream" : "bare stream";
  }
  if (std::holds_alternative<WantsHead>(wants)) return "head";
  if (std::holds_alternative<WantsOptions>(wants)) return "options";
  if (std::holds_alternative<WantsPost>(wants)) return "post";
  return std::to_string(std::get<HttpResponse>(wants).status);
}

TEST(Negotiation, ARouteWithBothGivesAWebSocketToThoseWhoUpgrade) {
  EXPECT_EQ(Asked(kBoth, Handshake()), "websocket");
  EXPECT_EQ(Asked(kBoth, Request("GET")), "stream");
  HttpRequest broken = Handshake();
  broken.headers.erase(broken.headers.begin() + 3);
  EXPECT_EQ(Asked(kBoth, broken), "400") << "a broken handshake is one all the same";
  broken.headers.erase(broken.headers.begin());
  EXPECT_EQ(Asked(kBoth, broken), "426") << "and so is one without its Upgrade";
}

TEST(Negotiation, ATransportThatTheRouteLacksIs426Or406) {
  EXPECT_EQ(Asked(kWebSocket, Request("GET", {{"Accept", "text/event-stream"}})), "426");
  EXPECT_EQ(Asked(kSse, Handshake()), "406");
}

TEST(Negotiation, AcceptHasToAllowAnEventStream) {
  for (const char* accept : {"text/event-stream", "*/*", "text/*", "text/html, */*;q=0.1"}) {
    EXPECT_EQ(Asked(kSse, Request("GET", {{"Accept", accept}})), "stream") << accept;
  }
  for (const char* accept : {"text/html", "application/json", "text/event-stream;q=0"}) {
    EXPECT_EQ(Asked(kSse, Request("GET", {{"Accept", accept}})), "406") << accept;
    EXPECT_EQ(Asked(kBoth, Request("GET", {{"Accept", accept}})), "406") << accept;
    EXPECT_EQ(Asked(kSse, Request("HEAD", {{"Accept", accept}})), "406") << accept;
  }
}

TEST(Negotiation, Http10GetsAStreamWithoutChunks) {
  HttpRequest request = Request("GET");
  request.version = 10;
  EXPECT_EQ(Asked(kSse, request), "bare stream");
  request.headers.clear();
  EXPECT_EQ(Asked(kSse, request), "bare stream") << "HTTP/1.0 knows no Host";
}

TEST(Negotiation, OneHost) {
  HttpRequest none = Request("GET");
  none.headers.clear();
  EXPECT_EQ(Asked(kSse, none), "400");
  EXPECT_EQ(Asked(kSse, Request("GET", {{"Host", "y"}})), "400");
}

TEST(Negotiation, TheTargetIsVisibleAsciiWithoutAFragment) {
  for (const char* target : {"/e#f", "/\xc3\xa4", "/e?q=\x7f"}) {
    HttpRequest request = Request("GET");
    request.target = target;
    EXPECT_EQ(Asked(kSse, request), "400") << target;
  }
}

TEST(Negotiation, OtherMethodsAre405WithThoseThatThereAre) {
  EXPECT_EQ(Asked(kSse, Request("HEAD")), "head");
  EXPECT_EQ(Asked(kSse, Request("OPTIONS")), "options");
  EXPECT_EQ(Asked(kSse, Request("POST")), "post");
  EXPECT_EQ(Asked(kSse, Request("POST"), /*posts=*/false), "405");
  for (const char* method : {"PUT", "DELETE", "PATCH", "get"}) {
    const Negotiated wants = Negotiate(kSse, true, Request(method));
    ASSERT_TRUE(std::holds_alternative<HttpResponse>(wants)) << method;
    const auto& response = std::get<HttpResponse>(wants);
    EXPECT_EQ(response.status, 405);
    EXPECT_THAT(response.headers, testing::Contains(Pair("Allow", "GET, HEAD, POST, OPTIONS")));
  }
}

// B38.
TEST(Cors, ARouteForAnyOriginSaysSoAndNeverWithCredentials) {
  const HttpHeaders any = {{"Access-Control-Allow-Origin", "*"},
                           {"Access-Control-Expose-Headers", "Retry-After"}};
  for (const std::vector<std::string>& origins :
       {std::vector<std::string>{}, std::vector<std::string>{"*"}}) {
    const config::Route route = RouteOf({TransportKind::kSse}, origins);
    EXPECT_EQ(CorsHeaders(route, Request("GET", {{"Origin", "https://evil.example"}})), any);
    EXPECT_EQ(CorsHeaders(route, Request("GET")), any);
  }
}

TEST(Cors, ARouteThatListsOriginsNamesTheOneThatAsks) {
  const config::Route route = RouteOf({TransportKind::kSse}, {"https://a.example", "null"});
  EXPECT_THAT(
      CorsHeaders(route, Request("GET", {{"Origin", "https://a.example"}})),
      ElementsAre(Pair("Vary", "Origin"), Pair("Access-Control-Allow-Origin", "https://a.example"),
                  Pair("Access-Control-Expose-Headers", "Retry-After"),
                  Pair("Access-Control-Allow-Credentials", "true")));
  EXPECT_THAT(CorsHeaders(route, Request("GET", {{"Origin", "null"}})),
              ElementsAre(Pair("Vary", "Origin"), Pair("Access-Control-Allow-Origin", "null"),
                          Pair("Access-Control-Expose-Headers", "Retry-After")));
  EXPECT_THAT(CorsHeaders(route, Request("GET")), ElementsAre(Pair("Vary", "Origin")));
}

TEST(Cors, TheApplicationsOwnWordStands) {
  HttpHeaders headers{{"access-control-allow-origin", "https://b.example"}};
  AddCorsHeaders({{"Access-Control-Allow-Origin", "*"}}, &headers);
  EXPECT_THAT(headers, ElementsAre(Pair("access-control-allow-origin", "https://b.example")));
}

TEST(Cors, OptionsTellsTheMethodsAndAPreflightWhatMayBeSent) {
  const HttpResponse plain = PreflightAnswer(kSse, Request("OPTIONS"), "GET, HEAD, OPTIONS");
  EXPECT_EQ(plain.status, 204);
  EXPECT_THAT(plain.headers, ElementsAre(Pair("Access-Control-Allow-Origin", "*"),
                                         Pair("Access-Control-Expose-Headers", "Retry-After"),
                                         Pair("Allow", "GET, HEAD, OPTIONS")));
  const HttpResponse preflight = PreflightAnswer(
      kSse, Request("OPTIONS", {{"Access-Control-Request-Method", "POST"}}), "GET, HEAD, POST");
  EXPECT_THAT(
      preflight.headers,
      testing::IsSupersetOf({Pair("Access-Control-Allow-Methods", "GET, HEAD, POST"),
                             Pair("Access-Control-Allow-Headers",
                                  "Authorization, Cache-Control, Content-Type, Hookcast-Peer, "
                                  "Last-Event-ID")}));
}

}  // namespace
}  // namespace hookcast::edge
