#pragma once

#include <cstdint>
#include <optional>
#include <string>
#include <utility>
#include <variant>
#include <vector>

#include "absl/status/status.h"

namespace hookcast::hooks {

using Headers = std::vector<std::pair<std::string, std::string>>;

// Narrows a route's limits; 0 leaves the route's.
struct PeerLimits {
  uint64_t max_message_bytes = 0;
  uint64_t max_queue_bytes = 0;
  uint32_t max_topics = 0;
};

// What the upgrade hook decided.
struct Accept {
  Headers headers;
  std::string subprotocol;
  std::optional<std::string> ns;  // absent: the route's, or the exact path
  std::string context;            // serialised hookcast.v1.Context, empty for none
  PeerLimits limits;
};
struct Reject {
  int status = 403;
  Headers headers;
  std::string body;
};
using UpgradeVerdict = std::variant<Accept, Reject>;

// OK where an application may add these to a response; else INVALID_ARGUMENT that names the header:
// a name that is no token, CR, LF or NUL in a value, hop-by-hop names (RFC 9110 section 7.6.1),
// Sec-WebSocket-*, Content-Length.
absl::Status CheckResponseHeaders(const Headers& headers);

// A node keeps no larger context for a peer, whatever its route says.
inline constexpr size_t kMaxContextBytes = 64 * 1024;
// OK, or INVALID_ARGUMENT for a serialised context of more bytes than this.
absl::Status CheckContext(const std::string& context, size_t max_bytes);

// The same for a whole verdict: its headers, its status (300 to 599), the namespace's and the
// context's sizes.
absl::Status CheckVerdict(const UpgradeVerdict& verdict, size_t max_context_bytes);

}  // namespace hookcast::hooks
