#pragma once

#include <functional>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "absl/functional/any_invocable.h"
#include "absl/status/status.h"
#include "edge/http_server.h"
#include "edge/listener.h"

namespace hookcast::edge {

// What answers calls in JSON. `authorization` is the header of that name, empty for none.
struct AdminCalls {
  // Before the body is read: why the call may not be made, or nullopt where it may.
  std::function<std::optional<HttpResponse>(std::string_view method,
                                            std::string_view authorization)>
      refuse;
  // Answers once, on any thread, maybe before it returns.
  std::function<void(std::string_view method, std::string_view body,
                     absl::AnyInvocable<void(HttpResponse)> answer)>
      call;
  std::vector<std::string> hosts;  // see RefuseCall
};

// What the admin port tells about a node.
struct AdminView {
  // OK, or why not: one sentence.
  std::function<absl::Status()> liveness;
  std::function<absl::Status()> readiness;
  // The same, whatever the backplane says.
  std::function<absl::Status()> readiness_without_backplane;
  std::function<std::string()> metrics;  // Prometheus' text format
  std::string node;
  std::string version;
  // Whether the bearer of an authorization may see pages: OK, UNAUTHENTICATED or PERMISSION_DENIED.
  std::function<absl::Status(std::string_view authorization)> may_read;
  AdminCalls calls;
};

// The admin port's HTTP: /livez and /readyz, which anybody may ask, the latter also as
// /readyz?without=backplane; /metrics and an index at /; and POST
// /hookcast.v1.BrokerService/<Method>.
//
// Thread: the reactor's; the view's functions are called there.
class AdminEndpoint final : public HttpHandler {
 public:
  static constexpr size_t kMaxBodyBytes = 16 << 20;  // as over gRPC

  // Reads bodies of up to kMaxBodyBytes, whatever the limits say of them. REQUIRES: no answer comes
  // after its end.
  AdminEndpoint(Reactor* reactor, ListeningSocket socket, HttpLimits limits, Duration timeout,
                AdminView view);

  // REQUIRES: in the reactor's loop, or before it runs.
  void Start() { listener_.Start(); }

  std::optional<HttpResponse> OnHead(ConnectionId id, const HttpRequest& head,
                                     size_t* body_limit) override;
  HttpResponse OnBodyTooLarge(HttpResponse refusal) override;
  void OnRequest(HttpServer& server, ConnectionId id, HttpRequest request) override;
  void OnEnded(ConnectionId, HttpEnding) override {}

 private:
  std::optional<HttpResponse> Refusal(const HttpRequest& request) const;
  HttpResponse Answer(const HttpRequest& request) const;
  HttpResponse Readiness(const HttpRequest& request) const;

  const AdminView view_;
  Reactor* const reactor_;
  HttpServer server_;
  Listener listener_;
};

}  // namespace hookcast::edge
