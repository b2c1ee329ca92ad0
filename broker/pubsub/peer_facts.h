#pragma once

#include <chrono>
#include <cstdint>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

#include "absl/functional/function_ref.h"

namespace hookcast::pubsub {

enum class TransportKind : uint8_t { kWebSocket, kSse };

// Header lines of a request, repeated ones kept, in one allocation: a node holds them for each
// peer.
class HeaderBlock {
 public:
  void Add(std::string_view name, std::string_view value);
  void ForEach(absl::FunctionRef<void(std::string_view name, std::string_view value)> visit) const;
  void ShrinkToFit() { bytes_.shrink_to_fit(); }

 private:
  std::string bytes_;  // name NUL value NUL …; neither can hold a NUL
};

// What a connection's request said, and what was made of it. Immutable once its peer is made.
struct PeerFacts {
  TransportKind transport = TransportKind::kWebSocket;
  std::string ns;      // namespace
  std::string target;  // the request's target as it came; the method was GET
  HeaderBlock headers;
  std::string remote_address;  // "192.0.2.1:40312", or as a trusted proxy tells it: types.proto
  bool tls = false;            // a trusted proxy says that the client's connection to it has TLS
  std::string subprotocol;     // the one in use, empty for none
  std::string_view route;      // the route's pattern; lives as long as the configuration
  std::vector<std::pair<std::string, std::string>> params;  // the route's, not decoded
  std::chrono::system_clock::time_point connected_at;

  // The target without its query, and the query without its "?". Neither is decoded.
  std::string_view path() const;
  std::string_view query() const;
};

}  // namespace hookcast::pubsub
