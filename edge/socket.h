#pragma once

#include <sys/types.h>
#include <sys/uio.h>

#include <atomic>
#include <cstdint>
#include <memory>
#include <utility>

#include "broker/metrics/metric.h"
#include "edge/connection_limits.h"

namespace hookcast::edge {

// How many connections there are: on one shard, and on the whole node.
struct ConnectionCount {
  std::atomic<uint32_t> here{0};
  metrics::Gauge* node = nullptr;

  void Add(int n) {
    here.fetch_add(static_cast<uint32_t>(n), std::memory_order_relaxed);
    if (node != nullptr) node->Add(n);
  }
};

// A connected, non-blocking socket, counted while it is open. Closed at its end.
//
// Thread: one at a time.
class Socket {
 public:
  Socket() = default;
  // `count`, where not null, has counted this connection already, and outlives it.
  Socket(int fd, ConnectionCount* count) : fd_(fd), count_(count) {}
  Socket(Socket&& other) noexcept
      : fd_(std::exchange(other.fd_, -1)),
        count_(std::exchange(other.count_, nullptr)),
        slot_(std::move(other.slot_)) {}
  Socket& operator=(Socket&& other) noexcept {
    std::swap(fd_, other.fd_);
    std::swap(count_, other.count_);
    std::swap(slot_, other.slot_);
    return *this;
  }
  ~Socket() { Close(); }

  bool open() const { return fd_ >= 0; }
  int fd() const { return fd_; }

  // Gives the place back when this closes. May be null.
  void Occupy(std::unique_ptr<ConnectionLimits::Slot> slot) { slot_ = std::move(slot); }

  void Close();
  // FIN after what was sent; reading goes on.
  void ShutdownWrite();

  // As recv(2) and send(2), never blocking, never with a signal: -1 and errno; EINTR is tried
  // again.
  ssize_t Read(char* buffer, size_t size);
  ssize_t Write(const iovec* vectors, size_t count);

 private:
  int fd_ = -1;
  ConnectionCount* count_ = nullptr;
  std::unique_ptr<ConnectionLimits::Slot> slot_;
};

}  // namespace hookcast::edge
