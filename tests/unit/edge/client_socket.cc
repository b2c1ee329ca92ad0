#include "tests/unit/edge/client_socket.h"

#include <arpa/inet.h>
#include <fcntl.h>
#include <netinet/tcp.h>
#include <sys/socket.h>
#include <unistd.h>

#include <algorithm>
#include <cerrno>
#include <cstdio>
#include <cstdlib>
#include <utility>
#include <vector>

namespace hookcast::edge {
namespace {

int OrDie(int result, const char* what) {
  if (result >= 0) return result;
  std::perror(what);
  std::abort();
}

void Set(int fd, int level, int option, int value) {
  OrDie(setsockopt(fd, level, option, &value, sizeof value), "setsockopt");
}

}  // namespace

ClientSocket::ClientSocket(int fd) : fd_(fd) {}

ClientSocket::ClientSocket(ClientSocket&& other) noexcept
    : fd_(std::exchange(other.fd_, -1)),
      unsent_(std::move(other.unsent_)),
      received_(std::move(other.received_)),
      ended_(other.ended_),
      reset_(other.reset_) {}

void ClientSocket::Send(std::string_view bytes) {
  unsent_.append(bytes);
  SendOn();
}

void ClientSocket::SendOn() {
  size_t sent = 0;
  while (sent < unsent_.size()) {
    const ssize_t n =
        ::send(fd_, unsent_.data() + sent, unsent_.size() - sent, MSG_NOSIGNAL | MSG_DONTWAIT);
    if (n < 0) break;
    sent += static_cast<size_t>(n);
  }
  unsent_.erase(0, sent);
}

void ClientSocket::Pump(size_t most) {
  if (fd_ < 0) return;
  SendOn();
  std::vector<char> buffer(64 * 1024);
  while (most > 0 && !gone()) {
    const ssize_t n = ::recv(fd_, buffer.data(), std::min(most, buffer.size()), MSG_DONTWAIT);
    if (n == 0) ended_ = true;
    if (n < 0 && errno != EAGAIN && errno != EWOULDBLOCK) reset_ = true;
    if (n <= 0) return;
    received_.append(buffer.data(), static_cast<size_t>(n));
    most -= static_cast<size_t>(n);
  }
}

std::string ClientSocket::Take() { return std::exchange(received_, {}); }

void ClientSocket::ShutdownWrite() { ::shutdown(fd_, SHUT_WR); }

void ClientSocket::Close() {
  if (fd_ >= 0) ::close(std::exchange(fd_, -1));
}

void ClientSocket::Reset() {
  const linger now{.l_onoff = 1, .l_linger = 0};
  OrDie(setsockopt(fd_, SOL_SOCKET, SO_LINGER, &now, sizeof now), "setsockopt");
  Close();
}

Connected ConnectLoopback(int buffer_bytes) {
  const int listening = OrDie(::socket(AF_INET, SOCK_STREAM | SOCK_CLOEXEC, 0), "socket");
  sockaddr_in address{};
  address.sin_family = AF_INET;
  address.sin_addr.s_addr = htonl(INADDR_LOOPBACK);
  OrDie(bind(listening, reinterpret_cast<const sockaddr*>(&address), sizeof address), "bind");
  if (buffer_bytes != 0) Set(listening, SOL_SOCKET, SO_SNDBUF, buffer_bytes);
  OrDie(listen(listening, 1), "listen");
  socklen_t size = sizeof address;
  OrDie(getsockname(listening, reinterpret_cast<sockaddr*>(&address), &size), "getsockname");

  const int client = OrDie(::socket(AF_INET, SOCK_STREAM | SOCK_CLOEXEC, 0), "socket");
  if (buffer_bytes != 0) Set(client, SOL_SOCKET, SO_RCVBUF, buffer_bytes);
  OrDie(connect(client, reinterpret_cast<const sockaddr*>(&address), sizeof address), "connect");
  const int server =
      OrDie(accept4(listening, nullptr, nullptr, SOCK_NONBLOCK | SOCK_CLOEXEC), "accept4");
  ::close(listening);
  Set(client, IPPROTO_TCP, TCP_NODELAY, 1);
  Set(server, IPPROTO_TCP, TCP_NODELAY, 1);
  return {server, ClientSocket(client)};
}

}  // namespace hookcast::edge
