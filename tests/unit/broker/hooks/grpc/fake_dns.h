#pragma once

#include <atomic>
#include <mutex>
#include <optional>
#include <string>
#include <thread>
#include <vector>

namespace hookcast::hooks {

// A name server on a port of this machine. Knows no name until told, then gives each the same
// addresses.
//
// Thread: any.
class FakeDns {
 public:
  FakeDns();
  ~FakeDns();

  void KnowAllNames() { Know({"127.0.0.1"}); }
  // From now on every name has these IPv4 addresses; none is a name without addresses.
  void Know(std::vector<std::string> addresses);
  // From now on nothing is answered.
  void BeSilent() { silent_ = true; }
  std::string address() const { return "127.0.0.1:" + std::to_string(port_); }
  int questions() const { return questions_; }

 private:
  void Serve();

  int fd_;
  int port_;
  std::atomic<bool> silent_{false};
  std::mutex mutex_;
  std::optional<std::vector<std::string>> known_;  // mutex_'s
  std::atomic<bool> stopping_{false};
  std::atomic<int> questions_{0};
  std::thread thread_;
};

}  // namespace hookcast::hooks
