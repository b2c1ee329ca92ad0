#include "tests/unit/broker/hooks/grpc/fake_dns.h"

#include <arpa/inet.h>
#include <netinet/in.h>
#include <sys/socket.h>
#include <unistd.h>

#include <string_view>
#include <utility>

namespace hookcast::hooks {
namespace {

constexpr size_t kHeaderBytes = 12;

// RFC 1035 section 4: the question comes back, with the answers to one for A records. No addresses
// at all: there is no such name.
std::string Reply(std::string_view query,
                  const std::optional<std::vector<std::string>>& addresses) {
  const size_t name_end = query.find('\0', kHeaderBytes);
  if (name_end == std::string_view::npos || name_end + 5 > query.size()) return "";
  const std::string_view question = query.substr(kHeaderBytes, name_end + 5 - kHeaderBytes);
  const bool asks_ipv4 = query.substr(name_end + 1, 2) == std::string_view("\0\1", 2);
  const size_t answers = addresses && asks_ipv4 ? addresses->size() : 0;
  std::string reply(query.substr(0, 2));
  reply += addresses ? std::string("\x81\x80", 2) : std::string("\x81\x83", 2);
  reply += std::string("\0\1\0", 3) + static_cast<char>(answers) + std::string(4, '\0');
  reply += question;
  for (size_t i = 0; i < answers; ++i) {
    in_addr address{};
    inet_pton(AF_INET, (*addresses)[i].c_str(), &address);
    reply += std::string("\xc0\x0c\0\1\0\1\0\0\0\0\0\4", 12);
    reply.append(reinterpret_cast<const char*>(&address), sizeof address);
  }
  return reply;
}

}  // namespace

FakeDns::FakeDns() : fd_(socket(AF_INET, SOCK_DGRAM | SOCK_CLOEXEC, 0)) {
  sockaddr_in address{};
  address.sin_family = AF_INET;
  address.sin_addr.s_addr = htonl(INADDR_LOOPBACK);
  socklen_t size = sizeof(address);
  bind(fd_, reinterpret_cast<sockaddr*>(&address), size);
  getsockname(fd_, reinterpret_cast<sockaddr*>(&address), &size);
  port_ = ntohs(address.sin_port);
  thread_ = std::thread([this] { Serve(); });
}

FakeDns::~FakeDns() {
  stopping_ = true;
  // An empty datagram to itself wakes the thread.
  sockaddr_in address{};
  socklen_t size = sizeof(address);
  getsockname(fd_, reinterpret_cast<sockaddr*>(&address), &size);
  sendto(fd_, "", 0, 0, reinterpret_cast<sockaddr*>(&address), size);
  thread_.join();
  close(fd_);
}

void FakeDns::Know(std::vector<std::string> addresses) {
  const std::lock_guard lock(mutex_);
  known_ = std::move(addresses);
}

void FakeDns::Serve() {
  char buffer[1500];
  while (!stopping_) {
    sockaddr_in from{};
    socklen_t size = sizeof(from);
    const ssize_t got =
        recvfrom(fd_, buffer, sizeof(buffer), 0, reinterpret_cast<sockaddr*>(&from), &size);
    if (got <= 0) continue;
    ++questions_;
    if (silent_) continue;
    std::string reply;
    {
      const std::lock_guard lock(mutex_);
      reply = Reply({buffer, static_cast<size_t>(got)}, known_);
    }
    sendto(fd_, reply.data(), reply.size(), 0, reinterpret_cast<sockaddr*>(&from), size);
  }
}

}  // namespace hookcast::hooks
