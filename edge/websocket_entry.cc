#include "edge/websocket_entry.h"

#include <string>
#include <utility>

#include "absl/strings/str_cat.h"
#include "edge/websocket/json_envelope.h"
#include "edge/websocket/websocket_transport.h"

namespace hookcast::edge {
namespace {

// What was agreed on with a client that offers permessage-deflate, where the route has it.
const websocket::DeflateAgreement* AgreedOn(const config::Route& route,
                                            const websocket::Handshake& handshake) {
  const bool wanted = route.compression.mode != config::CompressionMode::kOff;
  return wanted && handshake.deflate ? &*handshake.deflate : nullptr;
}

WebSocketForm FormOf(const config::Route& route, const std::string& subprotocol,
                     const websocket::DeflateAgreement* deflate) {
  WebSocketForm form{.json = subprotocol == websocket::kJsonSubprotocol};
  if (deflate == nullptr) return form;
  form.window_bits = deflate->window_bits;
  if (route.compression.mode == config::CompressionMode::kAlways) {
    form.compress_from = static_cast<uint32_t>(route.compression.threshold);
  }
  return form;
}

std::string SwitchingProtocols(const websocket::Handshake& handshake, const hooks::Accept& accept,
                               const websocket::DeflateAgreement* deflate) {
  std::string head = absl::StrCat(
      "HTTP/1.1 101 Switching Protocols\r\nUpgrade: websocket\r\nConnection: Upgrade\r\n"
      "Sec-WebSocket-Accept: ",
      handshake.accept, "\r\n");
  if (!accept.subprotocol.empty()) {
    absl::StrAppend(&head, "Sec-WebSocket-Protocol: ", accept.subprotocol, "\r\n");
  }
  if (deflate != nullptr) {
    absl::StrAppend(&head, "Sec-WebSocket-Extensions: ", std::string(deflate->answer), "\r\n");
  }
  for (const auto& [name, value] : accept.headers) {
    absl::StrAppend(&head, name, ": ", value, "\r\n");
  }
  return head.append("\r\n");
}

}  // namespace

void StartWebSocket(Shard* shard, Admitted admitted, const websocket::Handshake& handshake) {
  const config::Route& route = *admitted.binding->route;
  const hooks::PeerLimits& limits = admitted.accept.limits;
  // A client that did not await the answer (section 4.1) has not compressed what it sent, and
  // as much of it as a turn should not inflate is read in one.
  const bool waited = admitted.connection.rest.size() <= WebSocketTransport::kCompressedRead;
  const websocket::DeflateAgreement* const deflate = waited ? AgreedOn(route, handshake) : nullptr;
  const WebSocketOptions options{
      .form = FormOf(route, admitted.accept.subprotocol, deflate),
      .reader = {.max_message_bytes = Narrowed(route.limits.message, limits.max_message_bytes),
                 .max_fragments = static_cast<uint32_t>(route.limits.fragments),
                 .allow_compressed = deflate != nullptr},
      .max_queue_bytes = Narrowed(route.limits.queue, limits.max_queue_bytes),
      .slow_peer = route.slow_peer};
  const std::string head = SwitchingProtocols(handshake, admitted.accept, deflate);
  Session* const session = KeepSession(shard, &admitted);
  auto transport = std::make_unique<WebSocketTransport>(
      shard, session, std::move(admitted.connection.socket), options);
  WebSocketTransport* const reading = transport.get();
  // The response leads the queue, so that what the open hook's reply sends comes behind it.
  reading->Start(head);
  reading->Greet(session->id());
  // Without envelopes a client cannot learn a position.
  session->Start(std::move(transport),
                 options.form.json ? std::move(admitted.resume_text) : std::string());
  reading->ReadOn(admitted.connection.rest);
}

}  // namespace hookcast::edge
