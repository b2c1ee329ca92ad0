#pragma once

#include <cstdint>
#include <functional>
#include <limits>
#include <optional>
#include <string>
#include <string_view>
#include <utility>

#include "absl/status/statusor.h"
#include "broker/base/seldom.h"
#include "broker/base/timer_wheel.h"
#include "broker/config/config.h"
#include "broker/metrics/catalogue.h"
#include "edge/reactor.h"

namespace hookcast::edge {

// A listening socket, bound. Closed at its end.
class ListeningSocket {
 public:
  // UNAVAILABLE that names the address and why it cannot be had. Port 0 lets the system choose.
  static absl::StatusOr<ListeningSocket> Bind(const config::ListenAddress& address);

  ListeningSocket(ListeningSocket&& other) noexcept;
  ListeningSocket& operator=(ListeningSocket&& other) noexcept;
  ~ListeningSocket();

  int fd() const { return fd_; }
  // With the port that was really taken: "127.0.0.1:8080".
  const std::string& address() const { return address_; }

 private:
  ListeningSocket(int fd, std::string address) : fd_(fd), address_(std::move(address)) {}

  int fd_;
  std::string address_;
};

// Accepts connections and hands each on. Where the process has no descriptor left for them it
// pauses, rather than spin, and says so.
//
// Thread: the reactor's.
class Listener final : public Pollable {
 public:
  // Takes over the socket, which the address names: non-blocking, TCP_NODELAY set.
  using OnAccept = std::function<void(int fd, std::string remote_address)>;

  // Reactor and metrics outlive the listener. `metrics` may be null. Connections get descriptors
  // below `end`: those from there on are for what the process needs beside them.
  Listener(Reactor* reactor, ListeningSocket socket, metrics::Catalogue* metrics,
           OnAccept on_accept, int end = std::numeric_limits<int>::max());
  ~Listener() override;

  // REQUIRES: in the reactor's loop, or before it runs.
  void Start();
  // Nothing is accepted any more; the port is free.
  void Stop();

  void OnReady(uint32_t events) override;

 private:
  void Pause(std::string_view why);
  void Resume();

  Reactor* const reactor_;
  std::optional<ListeningSocket> socket_;
  metrics::Catalogue* const metrics_;
  const OnAccept on_accept_;
  const int end_;
  Timer pause_;
  Seldom failing_{std::chrono::minutes(1)};
};

}  // namespace hookcast::edge
