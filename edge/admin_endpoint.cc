#include "edge/admin_endpoint.h"

#include <algorithm>
#include <nlohmann/json.hpp>
#include <utility>
#include <vector>

#include "absl/strings/str_cat.h"
#include "broker/base/url_query.h"
#include "edge/call_guard.h"

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

constexpr std::string_view kCalls = "/hookcast.v1.BrokerService/";

bool IsCall(const HttpRequest& request) { return request.path().starts_with(kCalls); }

std::string_view QueryOf(const HttpRequest& request) {
  const std::string_view target = request.target;
  return target.substr(std::min(target.size(), request.path().size() + 1));
}

std::string_view MethodOf(const HttpRequest& request) {
  return request.path().substr(kCalls.size());
}

// Two of them are as good as none.
std::string_view AuthorizationOf(const HttpRequest& request) {
  const std::vector<std::string_view> values = request.Values("Authorization");
  return values.size() == 1 ? values[0] : std::string_view();
}

HttpLimits WithBodies(HttpLimits limits) {
  limits.body_bytes = AdminEndpoint::kMaxBodyBytes;
  return limits;
}

HttpResponse Told(const char* what, const absl::Status& status, const std::string& node) {
  Json json = {{what, status.ok()}, {"node", node}};
  if (!status.ok()) json["reason"] = std::string(status.message());
  return JsonResponse(status.ok() ? 200 : 503, json);
}

}  // namespace

AdminEndpoint::AdminEndpoint(Reactor* reactor, ListeningSocket socket, HttpLimits limits,
                             Duration timeout, AdminView view)
    : view_(std::move(view)),
      reactor_(reactor),
      server_(reactor, this, WithBodies(limits), timeout),
      listener_(reactor, std::move(socket), nullptr, [this](int fd, std::string remote_address) {
        server_.Adopt(Socket(fd, nullptr), std::move(remote_address));
      }) {}

// Who may not make a call does not get its body read either.
std::optional<HttpResponse> AdminEndpoint::OnHead(ConnectionId, const HttpRequest& head, size_t*) {
  if (IsCall(head)) return Refusal(head);
  return HttpResponse::Text(413, "The request has a body; this request takes none.");
}

// Calls alone have bodies here.
HttpResponse AdminEndpoint::OnBodyTooLarge(HttpResponse) {
  return CallError(413, "resource_exhausted",
                   absl::StrCat("the body has more than ", kMaxBodyBytes, " bytes"));
}

std::optional<HttpResponse> AdminEndpoint::Refusal(const HttpRequest& request) const {
  if (auto refusal = RefuseCall(request, view_.calls.hosts)) return refusal;
  return view_.calls.refuse(MethodOf(request), AuthorizationOf(request));
}

void AdminEndpoint::OnRequest(HttpServer& server, ConnectionId id, HttpRequest request) {
  if (!IsCall(request)) return server.Respond(id, Answer(request));
  if (auto refusal = Refusal(request)) return server.Respond(id, *refusal);
  view_.calls.call(MethodOf(request), request.body, [this, id](HttpResponse response) {
    reactor_->loop().Post(
        [this, id, response = std::move(response)] { server_.Respond(id, response); });
  });
}

HttpResponse AdminEndpoint::Readiness(const HttpRequest& request) const {
  const std::vector<std::string> left_out = QueryValues(QueryOf(request), "without");
  if (left_out.empty()) return Told("ready", view_.readiness(), view_.node);
  for (const std::string& what : left_out) {
    if (what == "backplane") continue;
    return HttpResponse::Text(400,
                              "Readiness can be told without the backplane, and without nothing "
                              "else: /readyz?without=backplane.");
  }
  return Told("ready", view_.readiness_without_backplane(), view_.node);
}

HttpResponse AdminEndpoint::Answer(const HttpRequest& request) const {
  if (request.method != "GET" && request.method != "HEAD") {
    HttpResponse response = HttpResponse::Text(
        405, "Pages of the admin port are read with GET or HEAD; / lists what there is.");
    response.headers.emplace_back("Allow", "GET, HEAD");
    return response;
  }
  const std::string_view path = request.path();
  if (path == "/livez") return Told("live", view_.liveness(), view_.node);
  if (path == "/readyz") return Readiness(request);
  if (const absl::Status status = view_.may_read(AuthorizationOf(request)); !status.ok()) {
    const bool unknown = absl::IsUnauthenticated(status);
    HttpResponse response = HttpResponse::Text(unknown ? 401 : 403, std::string(status.message()));
    if (unknown) response.headers.emplace_back("WWW-Authenticate", "Bearer");
    return response;
  }
  if (path == "/metrics") {
    return {200, {{"Content-Type", "text/plain; version=0.0.4; charset=utf-8"}}, view_.metrics()};
  }
  if (path == "/") {
    return HttpResponse::Text(200, absl::StrCat("Hookcast ", view_.version, ", node ", view_.node,
                                                "\n\n/livez    do its shards run\n"
                                                "/readyz   does it take connections, and if not, "
                                                "why; /readyz?without=backplane: the same, "
                                                "whatever Redis does\n"
                                                "/metrics  for Prometheus\n\n"
                                                "POST /hookcast.v1.BrokerService/<Method>, with "
                                                "JSON, makes a call.\n"));
  }
  return HttpResponse::Text(404, "Nothing here; / lists what there is.");
}

}  // namespace hookcast::edge
