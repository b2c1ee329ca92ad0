#include "edge/websocket/deflate_offer.h"

#include <algorithm>
#include <array>
#include <utility>

namespace hookcast::websocket {
namespace {

// Section 7.1.2: 8 to 15, without leading zeros. 0 for all else.
uint8_t WindowBits(std::string_view value) {
  if (value == "8") return 8;
  if (value == "9") return 9;
  if (value.size() != 2 || value[0] != '1' || value[1] < '0' || value[1] > '5') return 0;
  return static_cast<uint8_t>(10 + (value[1] - '0'));
}

}  // namespace

std::optional<DeflateAgreement> TakeDeflateOffer(const Extension& offer) {
  if (offer.name != "permessage-deflate") return std::nullopt;
  // By client_max_window_bits a client only says what it will do, or that it could be asked to use
  // less: what inflates here has room for the largest window anyway.
  enum { kServerNoTakeover, kClientNoTakeover, kServerBits, kClientBits };
  constexpr std::array<std::string_view, 4> kNames = {
      "server_no_context_takeover", "client_no_context_takeover", "server_max_window_bits",
      "client_max_window_bits"};
  std::array<bool, kNames.size()> seen{};
  uint8_t most_bits = 0;
  for (const auto& [name, value] : offer.parameters) {
    const size_t which = std::find(kNames.begin(), kNames.end(), name) - kNames.begin();
    if (which == kNames.size() || std::exchange(seen[which], true)) return std::nullopt;
    const uint8_t bits = value ? WindowBits(*value) : 0;
    switch (which) {
      case kServerNoTakeover:
      case kClientNoTakeover:
        if (value) return std::nullopt;
        break;
      case kServerBits:
        if (bits < kSmallWindow) return std::nullopt;
        most_bits = bits;
        break;
      case kClientBits:
        if (value && bits == 0) return std::nullopt;
        break;
    }
  }
  // A limit on the server's window that is taken has to be answered with one (section 7.1.2.1).
  switch (most_bits) {
    case 0:
      return DeflateAgreement{
          kLargeWindow,
          "permessage-deflate; server_no_context_takeover; client_no_context_takeover"};
    case kLargeWindow:
      return DeflateAgreement{kLargeWindow,
                              "permessage-deflate; server_no_context_takeover; "
                              "client_no_context_takeover; server_max_window_bits=15"};
    default:
      return DeflateAgreement{kSmallWindow,
                              "permessage-deflate; server_no_context_takeover; "
                              "client_no_context_takeover; server_max_window_bits=9"};
  }
}

}  // namespace hookcast::websocket
