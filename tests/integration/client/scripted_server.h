// A server that does exactly what a test tells it, byte for byte.

#ifndef HOOKCAST_TESTS_INTEGRATION_CLIENT_SCRIPTED_SERVER_H_
#define HOOKCAST_TESTS_INTEGRATION_CLIENT_SCRIPTED_SERVER_H_

#include <functional>
#include <string>
#include <string_view>
#include <thread>

namespace hookcast::testing {

// Listens on a port of its own, accepts one connection and runs `script` for it on a thread; then
// ends the connection with FIN. The destructor waits for the script.
class ScriptedServer {
 public:
  // The accepted connection, in blocking mode.
  class Peer {
   public:
    explicit Peer(int fd) : fd_(fd) {}

    // Up to the empty line of a request.
    std::string ReadRequest();
    // Exactly that many bytes; fewer where the client ended first.
    std::string Read(size_t size);
    // All until the client's end of the connection.
    std::string ReadToEnd();
    void Send(std::string_view bytes);
    // Reads the handshake and answers it with 101 and `extra_headers` (whole lines).
    void Accept(std::string_view extra_headers = {}, std::string_view first_frames = {});
    // Ends the connection with RST.
    void Reset();

   private:
    const int fd_;
  };

  explicit ScriptedServer(std::function<void(Peer&)> script);
  ~ScriptedServer();
  ScriptedServer(const ScriptedServer&) = delete;
  ScriptedServer& operator=(const ScriptedServer&) = delete;

  const std::string& host_port() const { return host_port_; }

 private:
  int listen_fd_;
  std::string host_port_;
  std::thread thread_;
};

}  // namespace hookcast::testing

#endif  // HOOKCAST_TESTS_INTEGRATION_CLIENT_SCRIPTED_SERVER_H_
