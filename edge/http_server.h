#pragma once

#include <cstdint>
#include <memory>
#include <optional>
#include <string>

#include "absl/container/flat_hash_map.h"
#include "broker/base/clock.h"
#include "edge/http_message.h"
#include "edge/http_request_reader.h"
#include "edge/reactor.h"
#include "edge/socket.h"

namespace hookcast::edge {

class HttpConnection;
class HttpServer;

// Names a connection for as long as its server holds it; never given twice by one server.
enum class ConnectionId : uint64_t {};

// How an HTTP connection ended.
enum class HttpEnding : uint8_t {
  kAnswered,
  kMalformed,  // not HTTP, or no end of the request before the client was gone
  kTooLarge,
  kTimeout,   // the request did not come in time
  kGone,      // the client left while its answer was pending
  kShutdown,  // CloseAll
  kDetached,  // another protocol took the socket
};

// Answers requests. Thread: the server's.
class HttpHandler {
 public:
  virtual ~HttpHandler() = default;
  // A request whose body is to come: an answer here refuses it unread. Without one, and where there
  // is no body, OnRequest follows. May lower *body_limit, how many bytes of body are read.
  virtual std::optional<HttpResponse> OnHead(ConnectionId id, const HttpRequest& head,
                                             size_t* body_limit) {
    static_cast<void>(id);
    static_cast<void>(head);
    static_cast<void>(body_limit);
    return std::nullopt;
  }
  // What is answered where a body is longer than what is read of it; by default a sentence. May say
  // the same in the handler's own form.
  virtual HttpResponse OnBodyTooLarge(HttpResponse refusal) { return refusal; }
  // Answer with Respond or Detach, at once or later. Until then at most 64 KiB more are read.
  virtual void OnRequest(HttpServer& server, ConnectionId id, HttpRequest request) = 0;
  // Once for each connection, after which its id names nothing.
  virtual void OnEnded(ConnectionId id, HttpEnding how) = 0;
};

// What came with, or behind, a request that turned its connection over to another protocol.
struct Detached {
  Socket socket;
  std::string rest;  // bytes behind the request
};

// The HTTP side of one event loop: reads one request from each connection, under limits and a
// deadline for its head and one for its body, and writes the answer, after which the connection
// closes.
//
// Thread: the reactor's.
class HttpServer {
 public:
  // Reactor and handler outlive the server.
  HttpServer(Reactor* reactor, HttpHandler* handler, HttpLimits limits, Duration header_timeout);
  HttpServer(const HttpServer&) = delete;
  HttpServer& operator=(const HttpServer&) = delete;
  ~HttpServer();

  void Adopt(Socket socket, std::string remote_address);

  // No effect on a connection that is gone, or answered.
  void Respond(ConnectionId id, const HttpResponse& response);
  // Takes the socket away; nullopt where the connection is gone.
  std::optional<Detached> Detach(ConnectionId id);
  // "192.0.2.1:40312", empty for a connection that is gone.
  std::string remote_address(ConnectionId id) const;

  size_t size() const { return connections_.size(); }
  // Ends all connections that are not yet answered. Answers on their way go on.
  void CloseAll();

 private:
  friend class HttpConnection;
  void Ended(ConnectionId id, HttpEnding how);

  Reactor* const reactor_;
  HttpHandler* const handler_;
  const HttpLimits limits_;
  const Duration header_timeout_;
  uint64_t last_id_ = 0;
  absl::flat_hash_map<ConnectionId, std::shared_ptr<HttpConnection>> connections_;
};

}  // namespace hookcast::edge
