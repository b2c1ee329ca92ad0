#pragma once

#include <optional>
#include <span>
#include <string>
#include <string_view>
#include <utility>
#include <variant>
#include <vector>

#include "edge/websocket/deflate_offer.h"

namespace hookcast::websocket {

// The server's side of the opening handshake (RFC 6455, section 4.2), as rules on a request that
// was parsed already. All pure.
//
// Thread: any.

struct HeaderView {
  std::string_view name;   // in any case
  std::string_view value;  // of one line
};

struct HandshakeRequest {
  std::string_view method;
  unsigned http_version;  // 11 for HTTP/1.1, 10 for HTTP/1.0
  std::string_view target;
  std::span<const HeaderView> headers;  // each line, in order; those of one name not joined
};

// The response to a request that cannot become a WebSocket.
struct HandshakeRejection {
  int status;        // 400, 405 or 426; 500 where this process cannot compute SHA-1
  std::string body;  // one sentence of plain text: what is wrong and what would be right
  // Upgrade, Connection (an option, to be joined with others), Sec-WebSocket-Version, Allow: those
  // that the status asks for.
  std::vector<std::pair<std::string, std::string>> headers;
};

// What the response to a good one needs. Extensions offered were checked for their grammar; all but
// permessage-deflate are declined.
struct Handshake {
  std::string accept;                             // the value of Sec-WebSocket-Accept
  std::vector<std::string> offered_subprotocols;  // in the client's order, no two equal
  // What the first offer of permessage-deflate that can be taken leads to, for a server that wants
  // to take it: the response names it then, and no extension otherwise.
  std::optional<DeflateAgreement> deflate;
};

// Checks method, version, target, Host, Upgrade, Connection and each Sec-WebSocket header, and that
// the request has no body, since the bytes behind its head are frames.
std::variant<Handshake, HandshakeRejection> CheckHandshake(const HandshakeRequest& request);

// The client asks for a WebSocket: an Upgrade header names it, alone or in a list, in any case.
// Says nothing about the rest of the handshake.
bool WantsWebSocket(std::span<const HeaderView> headers);

// The value of Sec-WebSocket-Accept for a Sec-WebSocket-Key (section 4.2.2, item 5.4). Empty where
// OpenSSL has no SHA-1.
std::string AcceptKey(std::string_view key);

}  // namespace hookcast::websocket
