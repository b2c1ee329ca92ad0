#pragma once

#include <cstddef>
#include <string>
#include <string_view>

namespace hookcast::edge {

// A client's end of a connection, in the hands of the test's own thread: it never blocks.
class ClientSocket {
 public:
  // Takes over the descriptor.
  explicit ClientSocket(int fd);
  ClientSocket(ClientSocket&& other) noexcept;
  ClientSocket(const ClientSocket&) = delete;
  ~ClientSocket() { Close(); }

  int fd() const { return fd_; }

  // What the kernel does not take at once goes out with later calls of Pump.
  void Send(std::string_view bytes);
  // Sends on, and reads up to `most` bytes of what has come.
  void Pump(size_t most = SIZE_MAX);

  // All that came and was not taken.
  const std::string& received() const { return received_; }
  std::string Take();

  // After Pump: the other end has ended its side; the connection broke.
  bool ended() const { return ended_; }
  bool reset() const { return reset_; }
  bool gone() const { return ended_ || reset_; }

  void ShutdownWrite();
  void Close();
  // Ends the connection with a reset.
  void Reset();

 private:
  void SendOn();

  int fd_;
  std::string unsent_;
  std::string received_;
  bool ended_ = false;
  bool reset_ = false;
};

struct Connected {
  int server;  // non-blocking; whoever takes it closes it
  ClientSocket client;
};

// A TCP connection over the loopback. `buffer_bytes`, where not 0, asks for sockets' buffers that
// small on the way from server to client.
Connected ConnectLoopback(int buffer_bytes = 0);

}  // namespace hookcast::edge
