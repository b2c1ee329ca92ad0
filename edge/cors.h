#pragma once

#include "broker/config/config.h"
#include "edge/http_message.h"

namespace hookcast::edge {

// What the answers of a route with event streams say to browsers whose page is of another origin
// (the Fetch standard, "HTTP-CORS protocol"). Pure. Thread: any.

// The headers of every answer to a request whose Origin was let in. A route that lets any origin in
// says *, and never with credentials; one that lists origins names the request's, with credentials
// unless that is "null".
HttpHeaders CorsHeaders(const config::Route& route, const HttpRequest& request);

// Adds them to those of an application, where it has not said its own.
void AddCorsHeaders(const HttpHeaders& cors, HttpHeaders* headers);

// The answer to OPTIONS. `methods`: those of the route, as Allow lists them.
HttpResponse PreflightAnswer(const config::Route& route, const HttpRequest& request,
                             std::string_view methods);

}  // namespace hookcast::edge
