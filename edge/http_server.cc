#include "edge/http_server.h"

#include <utility>
#include <vector>

#include "edge/http_connection.h"

namespace hookcast::edge {

HttpServer::HttpServer(Reactor* reactor, HttpHandler* handler, HttpLimits limits,
                       Duration header_timeout)
    : reactor_(reactor), handler_(handler), limits_(limits), header_timeout_(header_timeout) {}

HttpServer::~HttpServer() = default;

void HttpServer::Adopt(Socket socket, std::string remote_address) {
  const ConnectionId id{++last_id_};
  auto connection =
      std::make_shared<HttpConnection>(this, id, std::move(socket), std::move(remote_address));
  HttpConnection* const started = connection.get();
  connections_.emplace(id, std::move(connection));
  if (!started->Start()) Ended(id, HttpEnding::kMalformed);
}

void HttpServer::Respond(ConnectionId id, const HttpResponse& response) {
  const auto found = connections_.find(id);
  if (found == connections_.end()) return;
  // Writing may end the connection, and with it this entry.
  const std::shared_ptr<HttpConnection> connection = found->second;
  connection->Respond(response);
}

std::optional<Detached> HttpServer::Detach(ConnectionId id) {
  const auto found = connections_.find(id);
  if (found == connections_.end() || !found->second->awaits_answer()) return std::nullopt;
  Detached detached = found->second->Detach();
  Ended(id, HttpEnding::kDetached);
  return detached;
}

std::string HttpServer::remote_address(ConnectionId id) const {
  const auto found = connections_.find(id);
  return found == connections_.end() ? std::string() : found->second->remote_address();
}

void HttpServer::CloseAll() {
  std::vector<ConnectionId> unanswered;
  for (const auto& [id, connection] : connections_) {
    if (!connection->answered()) unanswered.push_back(id);
  }
  for (const ConnectionId id : unanswered) Ended(id, HttpEnding::kShutdown);
}

// The connection itself may be on the stack, and events of this turn may be on their way to it.
void HttpServer::Ended(ConnectionId id, HttpEnding how) {
  const auto found = connections_.find(id);
  if (found == connections_.end()) return;
  found->second->Stop();
  reactor_->DisposeLater(std::move(found->second));
  connections_.erase(found);
  handler_->OnEnded(id, how);
}

}  // namespace hookcast::edge
