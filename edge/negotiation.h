#pragma once

#include <string_view>
#include <variant>

#include "broker/config/config.h"
#include "edge/http_message.h"
#include "edge/websocket/handshake.h"

namespace hookcast::edge {

// What a request that has a route asks for.
struct WantsEventStream {
  bool chunked = true;  // else HTTP/1.0, whose streams end with the connection
};
struct WantsHead {};  // of an event stream
struct WantsOptions {};
struct WantsPost {};  // a message of an event stream's client

using Negotiated = std::variant<websocket::Handshake, WantsEventStream, WantsHead, WantsOptions,
                                WantsPost, HttpResponse>;

// The methods of a route with event streams, as Allow lists them. `posts`: the route takes messages
// from its peers.
std::string_view MethodsOf(bool posts);

// Reads what the request asks for, by the route's transports, or the refusal: as CheckHandshake has
// it for WebSocket (426 for a route that has nothing else); for event streams 405 with Allow, 406,
// and 400 for what HTTP itself forbids. A route with both is asked for a WebSocket by Upgrade.
// Pure.
//
// REQUIRES: the target begins with a slash. Thread: any.
Negotiated Negotiate(const config::Route& route, bool posts, const HttpRequest& request);

}  // namespace hookcast::edge
