#include "edge/negotiation.h"

#include <algorithm>
#include <string>
#include <utility>
#include <vector>

#include "edge/sse/accept.h"
#include "edge/websocket/http_grammar.h"

namespace hookcast::edge {
namespace {

bool Has(const config::Route& route, config::TransportKind kind) {
  return std::find(route.transports.begin(), route.transports.end(), kind) !=
         route.transports.end();
}

Negotiated NegotiateWebSocket(const HttpRequest& request,
                              const std::vector<websocket::HeaderView>& headers) {
  auto checked =
      websocket::CheckHandshake({request.method, request.version, request.target, headers});
  if (auto* handshake = std::get_if<websocket::Handshake>(&checked)) return std::move(*handshake);
  auto& rejection = std::get<websocket::HandshakeRejection>(checked);
  HttpResponse response = HttpResponse::Text(rejection.status, rejection.body);
  for (auto& header : rejection.headers) response.headers.push_back(std::move(header));
  return response;
}

HttpResponse NotAcceptable(std::string_view sentence) { return HttpResponse::Text(406, sentence); }

}  // namespace

std::string_view MethodsOf(bool posts) {
  return posts ? "GET, HEAD, POST, OPTIONS" : "GET, HEAD, OPTIONS";
}

Negotiated Negotiate(const config::Route& route, bool posts, const HttpRequest& request) {
  const bool sse = Has(route, config::TransportKind::kSse);
  const bool websocket = Has(route, config::TransportKind::kWebSocket);
  std::vector<websocket::HeaderView> headers;
  headers.reserve(request.headers.size());
  for (const auto& [name, value] : request.headers) headers.push_back({name, value});
  const bool upgrades =
      websocket::WantsWebSocket(headers) || !request.Values("Sec-WebSocket-Key").empty();
  if (!sse || (websocket && upgrades)) return NegotiateWebSocket(request, headers);
  if (upgrades) {
    return NotAcceptable(
        "This path speaks server-sent events, not WebSocket; use EventSource, or GET with Accept: "
        "text/event-stream.");
  }

  // RFC 9112, section 3.2.
  const size_t hosts = request.Values("Host").size();
  if (hosts > 1 || (hosts == 0 && request.version >= 11)) {
    return HttpResponse::Text(400, "A request has to have one Host header.");
  }
  if (!websocket::IsHandshakeTarget(request.target)) {
    return HttpResponse::Text(
        400, "The request's target has to be a path and a query of visible ASCII, without a #.");
  }
  if (request.method == "OPTIONS") return WantsOptions{};
  if (request.method == "POST" && posts) return WantsPost{};
  if (request.method != "GET" && request.method != "HEAD") {
    HttpResponse response = HttpResponse::Text(
        405, request.method == "POST" ? "This path takes no messages from its clients."
                                      : "This method is of no meaning here; Allow lists those that "
                                        "are.");
    response.headers.emplace_back("Allow", MethodsOf(posts));
    return response;
  }
  if (!sse::AcceptsEventStream(request.Values("Accept"))) {
    return NotAcceptable(
        websocket ? "This path speaks WebSocket and server-sent events; upgrade, or accept "
                    "text/event-stream."
                  : "This path speaks server-sent events; accept text/event-stream.");
  }
  if (request.method == "HEAD") return WantsHead{};
  return WantsEventStream{.chunked = request.version >= 11};
}

}  // namespace hookcast::edge
