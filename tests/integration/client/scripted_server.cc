#include "tests/integration/client/scripted_server.h"

#include <netinet/in.h>
#include <sys/socket.h>
#include <unistd.h>

#include <utility>

#include "absl/strings/str_cat.h"
#include "tests/integration/client/accept_key.h"

namespace hookcast::testing {

std::string ScriptedServer::Peer::ReadRequest() {
  std::string request;
  while (request.find("\r\n\r\n") == std::string::npos) {
    const std::string byte = Read(1);
    if (byte.empty()) break;
    request += byte;
  }
  return request;
}

std::string ScriptedServer::Peer::Read(size_t size) {
  std::string bytes(size, '\0');
  size_t got = 0;
  while (got < size) {
    const ssize_t n = ::recv(fd_, bytes.data() + got, size - got, 0);
    if (n <= 0) break;
    got += static_cast<size_t>(n);
  }
  bytes.resize(got);
  return bytes;
}

std::string ScriptedServer::Peer::ReadToEnd() {
  std::string all;
  for (std::string byte; !(byte = Read(1)).empty();) all += byte;
  return all;
}

void ScriptedServer::Peer::Send(std::string_view bytes) {
  while (!bytes.empty()) {
    const ssize_t n = ::send(fd_, bytes.data(), bytes.size(), MSG_NOSIGNAL);
    if (n <= 0) return;
    bytes.remove_prefix(static_cast<size_t>(n));
  }
}

void ScriptedServer::Peer::Accept(std::string_view extra_headers, std::string_view first_frames) {
  constexpr std::string_view kKeyHeader = "Sec-WebSocket-Key: ";
  const std::string request = ReadRequest();
  const size_t key_at = request.find(kKeyHeader) + kKeyHeader.size();
  const std::string key = request.substr(key_at, request.find('\r', key_at) - key_at);
  Send(absl::StrCat(
      "HTTP/1.1 101 Switching Protocols\r\nUpgrade: websocket\r\n"
      "Connection: Upgrade\r\nSec-WebSocket-Accept: ",
      WebSocketAccept(key), "\r\n", std::string(extra_headers), "\r\n", std::string(first_frames)));
}

void ScriptedServer::Peer::Reset() {
  const linger now{1, 0};
  ::setsockopt(fd_, SOL_SOCKET, SO_LINGER, &now, sizeof now);
}

ScriptedServer::ScriptedServer(std::function<void(Peer&)> script)
    : listen_fd_(::socket(AF_INET, SOCK_STREAM | SOCK_CLOEXEC, 0)) {
  sockaddr_in address{};
  address.sin_family = AF_INET;
  address.sin_addr.s_addr = htonl(INADDR_LOOPBACK);
  socklen_t size = sizeof address;
  ::bind(listen_fd_, reinterpret_cast<sockaddr*>(&address), size);
  ::listen(listen_fd_, 1);
  ::getsockname(listen_fd_, reinterpret_cast<sockaddr*>(&address), &size);
  host_port_ = absl::StrCat("127.0.0.1:", ntohs(address.sin_port));
  thread_ = std::thread([this, script = std::move(script)] {
    const int fd = ::accept(listen_fd_, nullptr, nullptr);
    if (fd < 0) return;
    Peer peer(fd);
    script(peer);
    ::close(fd);
  });
}

ScriptedServer::~ScriptedServer() {
  ::shutdown(listen_fd_, SHUT_RDWR);  // wakes an accept that nobody came to
  thread_.join();
  ::close(listen_fd_);
}

}  // namespace hookcast::testing
