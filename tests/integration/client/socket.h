// A TCP connection whose every operation ends by a deadline. The ground of the test clients.

#ifndef HOOKCAST_TESTS_INTEGRATION_CLIENT_SOCKET_H_
#define HOOKCAST_TESTS_INTEGRATION_CLIENT_SOCKET_H_

#include <chrono>
#include <memory>
#include <string>
#include <string_view>

#include "absl/status/status.h"
#include "absl/status/statusor.h"

namespace hookcast::testing {

using Deadline = std::chrono::steady_clock::time_point;

inline Deadline After(std::chrono::milliseconds timeout) {
  return std::chrono::steady_clock::now() + timeout;
}

// Owns its descriptor, which is in non-blocking mode. Thread: any one at a time.
class Socket {
 public:
  enum class ReadResult { kData, kEof, kReset };

  // `host_port`: "127.0.0.1:8080", "[::1]:8080" or "localhost:8080". `source_address`: an IPv4
  // address to bind to, or "". Errors: INVALID_ARGUMENT, UNAVAILABLE, DEADLINE_EXCEEDED.
  static absl::StatusOr<std::unique_ptr<Socket>> Connect(const std::string& host_port,
                                                         Deadline deadline,
                                                         const std::string& source_address = {});

  ~Socket();
  Socket(const Socket&) = delete;
  Socket& operator=(const Socket&) = delete;

  // Sends all. Errors: UNAVAILABLE, DEADLINE_EXCEEDED.
  absl::Status Send(std::string_view bytes, Deadline deadline);

  // Appends what has arrived, once something has. Errors: DEADLINE_EXCEEDED, UNAVAILABLE.
  absl::StatusOr<ReadResult> Read(std::string& into, Deadline deadline);

  void Reset();  // RST
  void Close();  // FIN
  void ShutdownWrite();
  int fd() const { return fd_; }  // -1 once closed

 private:
  explicit Socket(int fd) : fd_(fd) {}

  int fd_;
};

}  // namespace hookcast::testing

#endif  // HOOKCAST_TESTS_INTEGRATION_CLIENT_SOCKET_H_
