// The Fetch standard, "HTTP-CORS protocol": what pages of other origins may read.

#include <string>

#include "tests/conformance/stream.h"
#include "tests/conformance/tables.h"

namespace hookcast::conformance {
namespace {

const std::string kApp = "https://app.example.com";
const std::string kOrigin = "Access-Control-Allow-Origin";
const std::string kCredentials = "Access-Control-Allow-Credentials";
const std::string kMethods = "Access-Control-Allow-Methods";

const std::vector<HeaderIs> kAnyPage = {{kOrigin, "*"}, {kCredentials, ""}, {"Vary", ""}};
const std::vector<HeaderIs> kAppsPage = {
    {kOrigin, kApp}, {kCredentials, "true"}, {"Vary", "Origin"}};
const std::vector<HeaderIs> kNoPage = {{kOrigin, ""}, {kCredentials, ""}};

Request From(std::string origin, std::string target = "/listed") {
  return StreamRequest(std::move(target)).With("Origin", std::move(origin));
}

Request Preflight(std::string target, std::string origin) {
  return From(std::move(origin), std::move(target))
      .Method("OPTIONS")
      .Without("Accept")
      .With("Access-Control-Request-Method", "POST")
      .With("Access-Control-Request-Headers", "hookcast-peer, content-type");
}

std::vector<HeaderIs> And(std::vector<HeaderIs> headers, const std::vector<HeaderIs>& more) {
  headers.insert(headers.end(), more.begin(), more.end());
  return headers;
}

}  // namespace

Table CorsTable() {
  const std::vector<HeaderIs> preflight = {
      {kMethods, "GET, HEAD, POST, OPTIONS"},
      {"Access-Control-Allow-Headers",
       "Authorization, Cache-Control, Content-Type, Hookcast-Peer, Last-Event-ID"},
      {"Access-Control-Max-Age", "7200"}};
  return {
      .name = "Cors",
      .about =
          "The Fetch standard, section 3.3 (HTTP-CORS protocol). `/any` has no "
          "`allowed_origins`; `/listed` has `https://app.example.com` and `null`.",
      .config = R"(
shards: 1
routes:
  - { path: /echo, static: { on_message: echo } }
  - { path: /any, transports: [sse], namespace: conformance,
      static: { subscribe: [t], on_message: echo } }
  - { path: /listed, transports: [sse], namespace: conformance,
      allowed_origins: ["https://app.example.com", "null"],
      static: { subscribe: [t], on_message: echo } }
)",
      .rules = {
          {"3.3.3",
           "Where any page may read, the answer says *, and never with credentials",
           {Streams("AnyOrigin", From("https://evil.example", "/any"), kAnyPage),
            Streams("AnyOriginWithCookies",
                    From("https://evil.example", "/any").With("Cookie", "session=1"), kAnyPage),
            Streams("AnyNullOrigin", From("null", "/any"), kAnyPage),
            Answers("AnyOriginsHead", From("https://evil.example", "/any").Method("HEAD"), 200,
                    kAnyPage),
            Answers("AnyOriginsOptions", From("https://evil.example", "/any").Method("OPTIONS"),
                    204, kAnyPage)},
           true},
          {"3.3.3",
           "Where pages are listed, the answer names the one that asks, with credentials, and says "
           "that it varies; others get 403, and no header that would let them read that",
           {Streams("ListedOrigin", From(kApp), kAppsPage),
            Streams("ListedOriginInUpperCase", From("HTTPS://APP.EXAMPLE.COM"),
                    {{kOrigin, "HTTPS://APP.EXAMPLE.COM"}, {"Vary", "Origin"}}),
            Answers("ListedOriginsHead", From(kApp).Method("HEAD"), 200, kAppsPage),
            Streams("NullThatIsListed", From("null"),
                    {{kOrigin, "null"}, {kCredentials, ""}, {"Vary", "Origin"}}),
            Streams("NoOrigin", StreamRequest("/listed"), And(kNoPage, {{"Vary", "Origin"}})),
            Refuses("OtherOrigin", From("https://evil.example"), 403, kNoPage),
            Refuses("OtherScheme", From("http://app.example.com"), 403, kNoPage),
            Refuses("OtherPort", From(kApp + ":8443"), 403, kNoPage),
            Refuses("Below", From("https://evil.app.example.com"), 403, kNoPage),
            Refuses("TrailingDot", From(kApp + "."), 403, kNoPage),
            Refuses("TwoOrigins", From(kApp).With("Origin", kApp), 403, kNoPage),
            Refuses("OriginsInAList", From(kApp + " https://evil.example"), 403, kNoPage),
            Refuses("OtherOriginsHead", From("https://evil.example").Method("HEAD"), 403,
                    kNoPage)}},
          {"3.3.3",
           "A preflight is answered with the methods and headers there are",
           {Answers("Preflight", Preflight("/listed", kApp), 204, And(kAppsPage, preflight)),
            Answers("PreflightOfAny", Preflight("/any", "https://evil.example"), 204,
                    And(kAnyPage, preflight)),
            Answers("OptionsThatAreNoPreflight", From(kApp).Method("OPTIONS"), 204,
                    And(kAppsPage, {{kMethods, ""}})),
            Refuses("PreflightOfAnother", Preflight("/listed", "https://evil.example"), 403,
                    kNoPage)}},
          {"3.3.3",
           "A page may read why it was refused",
           {Streams("NotRefused", From(kApp), kAppsPage),
            Refuses("RefusedForItsMethod", From(kApp).Method("PUT"), 405, kAppsPage),
            Refuses("RefusedForItsAccept", From(kApp).Replacing("Accept", "text/html"), 406,
                    kAppsPage),
            Refuses("RefusedWhereAnyMay",
                    From("https://evil.example", "/any").Replacing("Accept", "text/html"), 406,
                    kAnyPage)}},
      }};
}

}  // namespace hookcast::conformance
