#pragma once

#include <cstddef>
#include <optional>
#include <string_view>
#include <variant>

#include "absl/container/flat_hash_map.h"
#include "broker/base/ids.h"
#include "edge/http_server.h"
#include "edge/shard.h"

namespace hookcast::edge {

// Takes the messages that clients of event streams post: a POST to the path of the stream, with
// "Hookcast-Peer: <peer>.<secret>" as hookcast.open told it. The peer may live on another shard, or
// on another node, which checks the secret and answers.
//
// What is read of bodies at once is bounded by the peer's and the shard's limits, and nothing is
// read for whom the secret of a peer of this node does not let in.
//
// Answers: 202, the message waits for its hook; 400, not a good request; 404, no such peer, or not
// its secret; 413, larger than the peer's limit; 415, an encoded body; 429, more waits than the
// route's hook_window, or the peer sends faster than the route's limits allow; 503, too many bodies
// are being read or forwarded, or the peer's node did not answer. A body is text where its
// Content-Type says text/…, JSON, a form of names and values, or nothing, else binary.
//
// Thread: the shard's.
class PostEntry {
 public:
  // Both outlive it.
  PostEntry(Shard* shard, HttpServer* server) : shard_(shard), server_(server) {}

  // Looks at a request before its body is read: the refusal, or nothing, and the body may have so
  // many bytes. Until Take or Forget, those are set aside for it.
  std::optional<HttpResponse> Await(ConnectionId id, const config::Route& route,
                                    const HttpRequest& head, size_t* body_limit);
  // The connection has ended. No effect on one that awaits nothing.
  void Forget(ConnectionId id) { Release(id); }
  // Answers the connection, at once or later, with these headers besides. The route takes posts.
  void Take(ConnectionId id, const config::Route& route, HttpRequest request, HttpHeaders headers);

 private:
  // All bodies that are being read at once, but for one alone.
  static constexpr size_t kMostAwaited = 32 << 20;

  // Whose message it is.
  struct Sender {
    PeerId peer;
    std::string_view secret;  // the request's
    bool elsewhere;           // another node holds it, and is to check the secret
  };
  std::variant<Sender, HttpResponse> SenderOf(const HttpRequest& request) const;
  // The same, or the refusal of a request that is not good.
  std::variant<Sender, HttpResponse> Check(const config::Route& route,
                                           const HttpRequest& request) const;
  // Has the peer's node take it, and answers as that says.
  void Forward(ConnectionId id, ForwardedPost post, HttpHeaders headers);
  HttpResponse Counted(HttpResponse response);
  void Release(ConnectionId id);
  void Answer(ConnectionId id, const HttpHeaders& headers, HttpResponse answer);

  Shard* const shard_;
  HttpServer* const server_;
  absl::flat_hash_map<ConnectionId, size_t> awaited_;  // bytes set aside
  size_t awaited_bytes_ = 0;
};

}  // namespace hookcast::edge
