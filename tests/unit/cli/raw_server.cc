#include "tests/unit/cli/raw_server.h"

#include <arpa/inet.h>
#include <netinet/in.h>
#include <sys/socket.h>
#include <unistd.h>

#include <array>
#include <cstdlib>
#include <utility>

namespace hookcast::cli {

RawServer::RawServer(std::function<void(int fd)> serve)
    : listener_(socket(AF_INET, SOCK_STREAM | SOCK_CLOEXEC, 0)) {
  sockaddr_in address = {};
  address.sin_family = AF_INET;
  address.sin_addr.s_addr = htonl(INADDR_LOOPBACK);
  socklen_t size = sizeof(address);
  if (bind(listener_, reinterpret_cast<sockaddr*>(&address), size) != 0 ||
      listen(listener_, 16) != 0 ||
      getsockname(listener_, reinterpret_cast<sockaddr*>(&address), &size) != 0) {
    std::abort();
  }
  port_ = ntohs(address.sin_port);
  if (!serve) return;
  thread_ = std::thread([this, serve = std::move(serve)] {
    for (int fd = 0; (fd = accept(listener_, nullptr, nullptr)) >= 0; close(fd)) serve(fd);
  });
}

RawServer::~RawServer() {
  shutdown(listener_, SHUT_RDWR);
  if (thread_.joinable()) thread_.join();
  close(listener_);
}

std::string RawServer::address() const { return "127.0.0.1:" + std::to_string(port_); }

void RawServer::ReadUntil(int fd, const std::string& wanted) {
  std::string read_so_far;
  std::array<char, 4096> piece;
  while (read_so_far.find(wanted) == std::string::npos) {
    const ssize_t count = read(fd, piece.data(), piece.size());
    if (count <= 0) return;
    read_so_far.append(piece.data(), static_cast<size_t>(count));
  }
}

void RawServer::Write(int fd, const std::string& bytes) {
  send(fd, bytes.data(), bytes.size(), MSG_NOSIGNAL);
}

}  // namespace hookcast::cli
