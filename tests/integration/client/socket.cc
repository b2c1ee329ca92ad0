#include "tests/integration/client/socket.h"

#include <arpa/inet.h>
#include <netdb.h>
#include <netinet/in.h>
#include <netinet/tcp.h>
#include <poll.h>
#include <sys/socket.h>
#include <unistd.h>

#include <algorithm>
#include <cerrno>
#include <cstring>
#include <limits>

#include "absl/strings/str_cat.h"

namespace hookcast::testing {
namespace {

// Waits for `events`; false when the deadline has passed.
bool WaitFor(int fd, short events, Deadline deadline) {
  while (true) {
    const auto left =
        std::chrono::ceil<std::chrono::milliseconds>(deadline - std::chrono::steady_clock::now())
            .count();
    const int wait =
        static_cast<int>(std::clamp<long long>(left, 0, std::numeric_limits<int>::max()));
    pollfd poll_fd{fd, events, 0};
    const int ready = ::poll(&poll_fd, 1, wait);
    if (ready > 0) return true;
    if (ready == 0 && wait == 0) return false;
  }
}

absl::Status ConnectError(const std::string& host_port, std::string_view why) {
  return absl::UnavailableError(
      absl::StrCat("could not connect to ", host_port, ": ", std::string(why)));
}

absl::Status BindSource(int fd, const std::string& source_address) {
  sockaddr_in source{};
  source.sin_family = AF_INET;
  if (::inet_pton(AF_INET, source_address.c_str(), &source.sin_addr) != 1) {
    return absl::InvalidArgumentError(absl::StrCat("not an IPv4 address: ", source_address));
  }
  const int on = 1;
  ::setsockopt(fd, IPPROTO_IP, IP_BIND_ADDRESS_NO_PORT, &on, sizeof on);
  if (::bind(fd, reinterpret_cast<const sockaddr*>(&source), sizeof source) != 0) {
    return absl::UnavailableError(
        absl::StrCat("could not bind to ", source_address, ": ", std::strerror(errno)));
  }
  return absl::OkStatus();
}

}  // namespace

absl::StatusOr<std::unique_ptr<Socket>> Socket::Connect(const std::string& host_port,
                                                        Deadline deadline,
                                                        const std::string& source_address) {
  const size_t colon = host_port.rfind(':');
  if (colon == std::string::npos || colon == 0 || colon + 1 == host_port.size()) {
    return absl::InvalidArgumentError(absl::StrCat("not host:port: ", host_port));
  }
  std::string host = host_port.substr(0, colon);
  if (host.front() == '[' && host.back() == ']') host = host.substr(1, host.size() - 2);
  const std::string port = host_port.substr(colon + 1);

  addrinfo hints{};
  hints.ai_socktype = SOCK_STREAM;
  hints.ai_flags = AI_NUMERICSERV;
  addrinfo* found = nullptr;
  if (const int error = ::getaddrinfo(host.c_str(), port.c_str(), &hints, &found); error != 0) {
    return ConnectError(host_port, ::gai_strerror(error));
  }
  const std::unique_ptr<addrinfo, decltype(&::freeaddrinfo)> addresses(found, ::freeaddrinfo);

  absl::Status last = ConnectError(host_port, "no address");
  for (const addrinfo* address = addresses.get(); address; address = address->ai_next) {
    const int fd =
        ::socket(address->ai_family, SOCK_STREAM | SOCK_NONBLOCK | SOCK_CLOEXEC, IPPROTO_TCP);
    if (fd < 0) return ConnectError(host_port, std::strerror(errno));
    std::unique_ptr<Socket> socket(new Socket(fd));
    const int on = 1;
    ::setsockopt(fd, IPPROTO_TCP, TCP_NODELAY, &on, sizeof on);
    if (!source_address.empty()) {
      if (absl::Status bound = BindSource(fd, source_address); !bound.ok()) return bound;
    }
    int error = 0;
    if (::connect(fd, address->ai_addr, address->ai_addrlen) != 0) {
      if (errno == EINPROGRESS) {
        if (!WaitFor(fd, POLLOUT, deadline)) {
          return absl::DeadlineExceededError(absl::StrCat("no connection to ", host_port));
        }
        socklen_t size = sizeof error;
        ::getsockopt(fd, SOL_SOCKET, SO_ERROR, &error, &size);
      } else {
        error = errno;
      }
    }
    if (error == 0) return socket;
    last = ConnectError(host_port, std::strerror(error));
  }
  return last;
}

Socket::~Socket() { Close(); }

absl::Status Socket::Send(std::string_view bytes, Deadline deadline) {
  while (!bytes.empty()) {
    const ssize_t sent = ::send(fd_, bytes.data(), bytes.size(), MSG_NOSIGNAL);
    if (sent >= 0) {
      bytes.remove_prefix(static_cast<size_t>(sent));
    } else if (errno == EAGAIN || errno == EWOULDBLOCK) {
      if (!WaitFor(fd_, POLLOUT, deadline)) {
        return absl::DeadlineExceededError(
            absl::StrCat("the server does not read; ", bytes.size(), " bytes are unsent"));
      }
    } else if (errno != EINTR) {
      return absl::UnavailableError(absl::StrCat("send: ", std::strerror(errno)));
    }
  }
  return absl::OkStatus();
}

absl::StatusOr<Socket::ReadResult> Socket::Read(std::string& into, Deadline deadline) {
  char bytes[65536];
  while (true) {
    const ssize_t got = ::recv(fd_, bytes, sizeof bytes, 0);
    if (got > 0) {
      into.append(bytes, static_cast<size_t>(got));
      return ReadResult::kData;
    }
    if (got == 0) return ReadResult::kEof;
    if (errno == ECONNRESET || errno == EPIPE) return ReadResult::kReset;
    if (errno == EAGAIN || errno == EWOULDBLOCK) {
      if (!WaitFor(fd_, POLLIN, deadline)) {
        return absl::DeadlineExceededError("nothing arrived within the timeout");
      }
    } else if (errno != EINTR) {
      return absl::UnavailableError(absl::StrCat("recv: ", std::strerror(errno)));
    }
  }
}

void Socket::Reset() {
  if (fd_ < 0) return;
  // Closing with a linger time of zero drops what is unsent and sends RST in place of FIN.
  const linger now{1, 0};
  ::setsockopt(fd_, SOL_SOCKET, SO_LINGER, &now, sizeof now);
  Close();
}

void Socket::Close() {
  if (fd_ >= 0) ::close(fd_);
  fd_ = -1;
}

void Socket::ShutdownWrite() { ::shutdown(fd_, SHUT_WR); }

}  // namespace hookcast::testing
