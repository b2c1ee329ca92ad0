// Where a server is, and what it is to be spoken to.

#ifndef HOOKCAST_BENCH_LOAD_TARGET_H_
#define HOOKCAST_BENCH_LOAD_TARGET_H_

#include <sys/socket.h>

#include <cstddef>
#include <cstdint>
#include <string>

#include "absl/status/statusor.h"

namespace hookcast::bench {

struct Target {
  enum class Protocol {
    kWebSocket,  // ws://
    kEnvelopes,  // ws:// with the subprotocol hookcast.v1.json, where a scenario chooses it
    kEvents,     // http://, Server-Sent Events
  };

  Protocol protocol = Protocol::kWebSocket;
  std::string url;
  std::string host_port;  // as in the URL, for Host and for messages
  std::string path;       // with the query
  sockaddr_storage address{};
  socklen_t address_size = 0;

  // "ws://host:port/path" or "http://host:port/path", resolved once. Errors: INVALID_ARGUMENT,
  // UNAVAILABLE.
  static absl::StatusOr<Target> Parse(const std::string& url);

  // The same for what cannot be done over Server-Sent Events.
  static absl::StatusOr<Target> ParseWebSocket(const std::string& url);

  // One source address has some 28,000 ports for one server, and loopback has 16 million addresses:
  // for a server there, connection number `n` of `count` leaves from 127.0.0.2 and up, 8,000 an
  // address. Writes the address to bind to and returns true; false where none is to be bound.
  bool Source(size_t n, size_t count, sockaddr_storage& source) const;
};

}  // namespace hookcast::bench

#endif  // HOOKCAST_BENCH_LOAD_TARGET_H_
