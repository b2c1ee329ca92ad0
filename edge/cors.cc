#include "edge/cors.h"

#include <algorithm>

#include "absl/strings/match.h"

namespace hookcast::edge {

HttpHeaders CorsHeaders(const config::Route& route, const HttpRequest& request) {
  const auto& allowed = route.allowed_origins;
  const bool any =
      allowed.empty() || std::find(allowed.begin(), allowed.end(), "*") != allowed.end();
  const std::pair<std::string, std::string> expose("Access-Control-Expose-Headers", "Retry-After");
  if (any) return {{"Access-Control-Allow-Origin", "*"}, expose};
  // Whoever caches the answer must not give it to another origin.
  HttpHeaders headers{{"Vary", "Origin"}};
  const std::vector<std::string_view> origins = request.Values("Origin");
  if (origins.size() != 1) return headers;
  headers.emplace_back("Access-Control-Allow-Origin", origins[0]);
  headers.push_back(expose);
  // Every sandboxed frame and every local file has the origin "null".
  if (origins[0] != "null") headers.emplace_back("Access-Control-Allow-Credentials", "true");
  return headers;
}

void AddCorsHeaders(const HttpHeaders& cors, HttpHeaders* headers) {
  const bool said = std::any_of(headers->begin(), headers->end(), [](const auto& header) {
    return absl::EqualsIgnoreCase(header.first, "access-control-allow-origin");
  });
  if (!said) headers->insert(headers->end(), cors.begin(), cors.end());
}

HttpResponse PreflightAnswer(const config::Route& route, const HttpRequest& request,
                             std::string_view methods) {
  HttpResponse response{204, CorsHeaders(route, request), ""};
  response.headers.emplace_back("Allow", methods);
  if (request.Values("Access-Control-Request-Method").empty()) return response;
  response.headers.emplace_back("Access-Control-Allow-Methods", methods);
  response.headers.emplace_back(
      "Access-Control-Allow-Headers",
      "Authorization, Cache-Control, Content-Type, Hookcast-Peer, Last-Event-ID");
  response.headers.emplace_back("Access-Control-Max-Age", "7200");
  return response;
}

}  // namespace hookcast::edge
