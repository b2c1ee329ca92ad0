#pragma once

#include <optional>

#include "broker/base/ids.h"
#include "edge/http_server.h"
#include "edge/shard.h"

namespace hookcast::edge {

// Takes the messages that clients of event streams post: a POST to the path of the stream, with
// "Hookcast-Peer: <peer>.<secret>" as hookcast.open told it. The peer may live on another shard.
//
// Answers: 202, the message waits for its hook; 400, not a good request; 404, no such peer here, or
// not its secret; 413, larger than the peer's limit; 415, an encoded body; 429, more waits than the
// route's hook_window, or the peer sends faster than the route's limits allow. A body is text where
// its Content-Type says text/…, JSON or nothing, else binary.
//
// Thread: the shard's.
class PostEntry {
 public:
  // Both outlive it.
  PostEntry(Shard* shard, HttpServer* server) : shard_(shard), server_(server) {}

  // The refusal of a request whose head is known, before its body is read.
  std::optional<HttpResponse> Refuse(const config::Route& route, const HttpRequest& request) const;
  // Answers the connection, at once or later, with these headers besides. The route takes posts.
  void Take(ConnectionId id, const config::Route& route, HttpRequest request, HttpHeaders headers);

 private:
  void Answer(ConnectionId id, const HttpHeaders& headers, metrics::Post result,
              HttpResponse response);

  Shard* const shard_;
  HttpServer* const server_;
};

}  // namespace hookcast::edge
