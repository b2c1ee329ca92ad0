#pragma once

#include <atomic>
#include <string>
#include <thread>

namespace hookcast::hooks {

// A name server on a port of this machine. Knows no name until told, then gives each the address
// 127.0.0.1.
//
// Thread: any.
class FakeDns {
 public:
  FakeDns();
  ~FakeDns();

  void KnowAllNames() { knows_ = true; }
  std::string address() const { return "127.0.0.1:" + std::to_string(port_); }
  int questions() const { return questions_; }

 private:
  void Serve();

  int fd_;
  int port_;
  std::atomic<bool> knows_{false};
  std::atomic<bool> stopping_{false};
  std::atomic<int> questions_{0};
  std::thread thread_;
};

}  // namespace hookcast::hooks
