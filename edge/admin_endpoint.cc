#include "edge/admin_endpoint.h"

#include <nlohmann/json.hpp>
#include <utility>

#include "absl/strings/str_cat.h"

namespace hookcast::edge {
namespace {

using Json = nlohmann::ordered_json;

HttpResponse JsonResponse(int status, const Json& json) {
  HttpResponse response{status,
                        {{"Content-Type", "application/json"}},
                        json.dump(-1, ' ', false, Json::error_handler_t::replace) + "\n"};
  response.headers.emplace_back("Cache-Control", "no-store");
  return response;
}

}  // namespace

AdminEndpoint::AdminEndpoint(Reactor* reactor, ListeningSocket socket, HttpLimits limits,
                             Duration timeout, AdminView view)
    : view_(std::move(view)),
      server_(reactor, this, limits, timeout),
      listener_(reactor, std::move(socket), nullptr, [this](int fd, std::string remote_address) {
        server_.Adopt(Socket(fd, nullptr), std::move(remote_address));
      }) {}

void AdminEndpoint::OnRequest(HttpServer& server, ConnectionId id, HttpRequest request) {
  server.Respond(id, Answer(request));
}

HttpResponse AdminEndpoint::Answer(const HttpRequest& request) const {
  if (request.method != "GET" && request.method != "HEAD") {
    HttpResponse response = HttpResponse::Text(405, "The admin port answers GET and HEAD.");
    response.headers.emplace_back("Allow", "GET, HEAD");
    return response;
  }
  const std::string_view path = request.path();
  if (path == "/livez") return JsonResponse(200, {{"live", true}, {"node", view_.node}});
  if (path == "/readyz") return Readiness();
  if (path == "/metrics") {
    return {200, {{"Content-Type", "text/plain; version=0.0.4; charset=utf-8"}}, view_.metrics()};
  }
  if (path == "/") {
    return HttpResponse::Text(200, absl::StrCat("Hookcast ", view_.version, ", node ", view_.node,
                                                "\n\n/livez    is the process alive\n"
                                                "/readyz   does it take connections, and if not, "
                                                "why\n/metrics  for Prometheus\n"));
  }
  return HttpResponse::Text(404, "Nothing here; / lists what there is.");
}

HttpResponse AdminEndpoint::Readiness() const {
  const absl::Status status = view_.readiness();
  Json json = {{"ready", status.ok()}, {"node", view_.node}};
  if (!status.ok()) json["reason"] = std::string(status.message());
  return JsonResponse(status.ok() ? 200 : 503, json);
}

}  // namespace hookcast::edge
