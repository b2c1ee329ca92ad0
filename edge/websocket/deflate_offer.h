#pragma once

#include <cstdint>
#include <optional>
#include <string_view>

#include "edge/websocket/http_grammar.h"

namespace hookcast::websocket {

// The windows with which this server compresses, in bits (RFC 7692, section 7.1.2.1). zlib has no
// raw deflate with 8.
inline constexpr uint8_t kLargeWindow = 15;
inline constexpr uint8_t kSmallWindow = 9;

// What a server that takes an offer of permessage-deflate has agreed to. Neither side takes a
// context over from one message to the next. The client may compress with any window.
struct DeflateAgreement {
  uint8_t window_bits;      // of what this server sends: kLargeWindow or kSmallWindow
  std::string_view answer;  // the value of Sec-WebSocket-Extensions; static storage
};

// The agreement that this extension's offer leads to. Nothing where the offer has to be declined
// (section 7): another extension, a parameter that is unknown, there twice, or has a value that it
// may not have; or a window of 8 bits. Names are compared with their case.
//
// Thread: any.
std::optional<DeflateAgreement> TakeDeflateOffer(const Extension& offer);

}  // namespace hookcast::websocket
