#pragma once

#include <functional>
#include <string>

#include "absl/status/status.h"
#include "edge/http_server.h"
#include "edge/listener.h"

namespace hookcast::edge {

// What the admin port tells about a node.
struct AdminView {
  std::function<absl::Status()> readiness;  // OK, or why not: one sentence
  std::function<std::string()> metrics;     // Prometheus' text format
  std::string node;
  std::string version;
};

// The admin port's HTTP: /livez, /readyz, /metrics, and an index at /.
//
// Thread: the reactor's; the view's functions are called there.
class AdminEndpoint final : public HttpHandler {
 public:
  AdminEndpoint(Reactor* reactor, ListeningSocket socket, HttpLimits limits, Duration timeout,
                AdminView view);

  // REQUIRES: in the reactor's loop, or before it runs.
  void Start() { listener_.Start(); }

  void OnRequest(HttpServer& server, ConnectionId id, HttpRequest request) override;
  void OnEnded(ConnectionId, HttpEnding) override {}

 private:
  HttpResponse Answer(const HttpRequest& request) const;
  HttpResponse Readiness() const;

  const AdminView view_;
  HttpServer server_;
  Listener listener_;
};

}  // namespace hookcast::edge
