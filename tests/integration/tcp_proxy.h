#pragma once

#include <atomic>
#include <chrono>
#include <string>
#include <thread>

namespace hookcast::testing {

// Stands between a client and a server on this host, and lets bytes through late.
//
// Thread: one at a time.
class TcpProxy {
 public:
  // Listens on a port that the system chose; connects to `port` for each client.
  explicit TcpProxy(int port);
  ~TcpProxy();
  TcpProxy(const TcpProxy&) = delete;
  TcpProxy& operator=(const TcpProxy&) = delete;

  int port() const { return port_; }

  // What comes from now on is passed on so much later, either way.
  void Delay(std::chrono::milliseconds delay) { delay_ = delay; }
  // From now on bytes are taken and go nowhere.
  void Swallow(bool swallow) { swallow_ = swallow; }
  // From now on nothing is read from either side, until it is called with false.
  void Hold(bool hold);
  // Ends all connections by a reset, and those that come until it is called with false.
  void Reset(bool reset);

 private:
  void Run();
  void Wake();

  const int server_port_;
  int port_ = 0;
  int listener_ = -1;
  int wake_ = -1;  // an eventfd
  std::atomic<bool> stop_{false};
  std::atomic<std::chrono::milliseconds> delay_{};
  std::atomic<bool> swallow_{false};
  std::atomic<bool> reset_{false};
  std::atomic<bool> hold_{false};
  std::thread thread_;
};

// A port that takes connections and never answers, as long as it lives.
class SilentPort {
 public:
  explicit SilentPort(int port);
  ~SilentPort();
  SilentPort(const SilentPort&) = delete;
  SilentPort& operator=(const SilentPort&) = delete;

 private:
  int listener_;
};

}  // namespace hookcast::testing
