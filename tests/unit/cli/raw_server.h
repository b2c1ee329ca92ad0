#pragma once

#include <functional>
#include <string>
#include <thread>

namespace hookcast::cli {

// Listens at a port of 127.0.0.1 and gives each connection, one after the other, to a test; closes
// it when that returns. Without a test's part nothing is accepted: connections stay in the backlog.
class RawServer {
 public:
  explicit RawServer(std::function<void(int fd)> serve = nullptr);
  ~RawServer();

  std::string address() const;

  // Reads from fd until what came holds this, or the other side has ended.
  static void ReadUntil(int fd, const std::string& wanted);
  static void Write(int fd, const std::string& bytes);

 private:
  int listener_;
  int port_;
  std::thread thread_;
};

}  // namespace hookcast::cli
