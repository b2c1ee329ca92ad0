#include "edge/sse_entry.h"

#include <algorithm>
#include <string>
#include <utility>

#include "absl/strings/match.h"
#include "absl/strings/str_cat.h"
#include "edge/sse/sse_transport.h"

namespace hookcast::edge {
namespace {

std::string HeadOf(const HttpHeaders& more, bool chunked) {
  std::string head = "HTTP/1.1 200 OK\r\n";
  const HttpHeaders own = EventStreamHeaders();
  for (const auto& [name, value] : own) absl::StrAppend(&head, name, ": ", value, "\r\n");
  head.append(chunked ? "Transfer-Encoding: chunked\r\n" : "").append("Connection: close\r\n");
  for (const auto& [name, value] : more) {
    const bool is_own = std::any_of(own.begin(), own.end(), [&name = name](const auto& header) {
      return absl::EqualsIgnoreCase(header.first, name);
    });
    if (!is_own) absl::StrAppend(&head, name, ": ", value, "\r\n");
  }
  return head.append("\r\n");
}

}  // namespace

HttpHeaders EventStreamHeaders() {
  return {{"Content-Type", "text/event-stream"},
          {"Cache-Control", "no-cache, no-transform"},
          {"X-Accel-Buffering", "no"}};
}

void StartEventStream(Shard* shard, Admitted admitted, bool chunked, bool posts) {
  const config::Route& route = *admitted.binding->route;
  const hooks::PeerLimits limits = admitted.accept.limits;
  const std::string head = HeadOf(admitted.accept.headers, chunked);
  Session* const session = KeepSession(shard, &admitted);
  if (posts) {
    session->TakePosts(Narrowed(route.limits.message, limits.max_message_bytes));
  }
  const SseOptions options{
      .form = {.chunked = chunked, .binary_event = route.binary_event},
      .max_queue_bytes = Narrowed(route.limits.queue, limits.max_queue_bytes),
      .slow_peer = route.slow_peer,
      .keeps_history = shard->hub().backplane().KeepsHistory(session->facts().ns)};
  auto transport = std::make_unique<SseTransport>(shard, session,
                                                  std::move(admitted.connection.socket), options);
  transport->Start(head, session->id(),
                   posts ? shard->peer_secrets().Of(session->id()) : std::string());
  session->Start(std::move(transport), std::move(admitted.resume_text));
}

}  // namespace hookcast::edge
