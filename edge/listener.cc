#include "edge/listener.h"

#include <arpa/inet.h>
#include <netdb.h>
#include <netinet/tcp.h>
#include <sys/socket.h>
#include <unistd.h>

#include <cerrno>
#include <cstring>
#include <memory>

#include "absl/strings/str_cat.h"
#include "broker/base/log.h"

namespace hookcast::edge {
namespace {

constexpr int kBacklog = 4096;
constexpr int kAcceptsATurn = 64;
constexpr Duration kPause = std::chrono::milliseconds(100);

absl::Status CannotListen(const config::ListenAddress& address, std::string_view why) {
  return absl::UnavailableError(
      absl::StrCat("cannot listen on ", address.ToString(), ": ", std::string(why)));
}

std::string AddressText(const sockaddr_storage& address) {
  char text[INET6_ADDRSTRLEN] = "";
  if (address.ss_family == AF_INET6) {
    const auto& v6 = reinterpret_cast<const sockaddr_in6&>(address);
    inet_ntop(AF_INET6, &v6.sin6_addr, text, sizeof text);
    return absl::StrCat("[", text, "]:", ntohs(v6.sin6_port));
  }
  const auto& v4 = reinterpret_cast<const sockaddr_in&>(address);
  inet_ntop(AF_INET, &v4.sin_addr, text, sizeof text);
  return absl::StrCat(text, ":", ntohs(v4.sin_port));
}

bool IsLackOfResources(int error) {
  return error == EMFILE || error == ENFILE || error == ENOBUFS || error == ENOMEM;
}

}  // namespace

absl::StatusOr<ListeningSocket> ListeningSocket::Bind(const config::ListenAddress& address) {
  addrinfo hints{};
  hints.ai_flags = AI_PASSIVE | AI_NUMERICHOST | AI_NUMERICSERV;
  hints.ai_socktype = SOCK_STREAM;
  addrinfo* found = nullptr;
  const int failed =
      getaddrinfo(address.host.c_str(), std::to_string(address.port).c_str(), &hints, &found);
  if (failed != 0) return CannotListen(address, gai_strerror(failed));
  const std::unique_ptr<addrinfo, decltype(&freeaddrinfo)> guard(found, &freeaddrinfo);

  ListeningSocket socket(::socket(found->ai_family, SOCK_STREAM | SOCK_NONBLOCK | SOCK_CLOEXEC, 0),
                         "");
  if (socket.fd_ < 0) return CannotListen(address, std::strerror(errno));
  const int on = 1;
  setsockopt(socket.fd_, SOL_SOCKET, SO_REUSEADDR, &on, sizeof on);
  if (bind(socket.fd_, found->ai_addr, found->ai_addrlen) != 0 ||
      listen(socket.fd_, kBacklog) != 0) {
    return CannotListen(address, std::strerror(errno));
  }
  sockaddr_storage bound{};
  socklen_t size = sizeof bound;
  getsockname(socket.fd_, reinterpret_cast<sockaddr*>(&bound), &size);
  socket.address_ = AddressText(bound);
  return socket;
}

ListeningSocket::ListeningSocket(ListeningSocket&& other) noexcept
    : fd_(std::exchange(other.fd_, -1)), address_(std::move(other.address_)) {}

ListeningSocket& ListeningSocket::operator=(ListeningSocket&& other) noexcept {
  std::swap(fd_, other.fd_);
  std::swap(address_, other.address_);
  return *this;
}

ListeningSocket::~ListeningSocket() {
  if (fd_ >= 0) ::close(fd_);
}

Listener::Listener(Reactor* reactor, ListeningSocket socket, metrics::Catalogue* metrics,
                   OnAccept on_accept, int end)
    : reactor_(reactor),
      socket_(std::move(socket)),
      metrics_(metrics),
      on_accept_(std::move(on_accept)),
      end_(end),
      pause_(Timer::For<&Listener::Resume>(this)) {}

Listener::~Listener() { Stop(); }

void Listener::Start() { reactor_->poller().Add(socket_->fd(), EPOLLIN, this); }

void Listener::Stop() {
  if (!socket_) return;
  pause_.Cancel();
  reactor_->poller().Remove(socket_->fd(), this);
  socket_.reset();
}

void Listener::OnReady(uint32_t) {
  // Whoever takes a connection may stop the listener.
  for (int i = 0; i < kAcceptsATurn && socket_; ++i) {
    sockaddr_storage from{};
    socklen_t size = sizeof from;
    const int fd = accept4(socket_->fd(), reinterpret_cast<sockaddr*>(&from), &size,
                           SOCK_NONBLOCK | SOCK_CLOEXEC);
    if (fd < 0) {
      const int error = errno;
      if (IsLackOfResources(error)) Pause(std::strerror(error));
      // Anything else is over, or concerns one connection that is gone already: accept(2).
      return;
    }
    if (fd >= end_) {
      ::close(fd);
      return Pause("the descriptors that are left are kept for the node itself; raise its limit");
    }
    const int on = 1;
    setsockopt(fd, IPPROTO_TCP, TCP_NODELAY, &on, sizeof on);
    if (metrics_ != nullptr) metrics_->connections_accepted.Add();
    on_accept_(fd, AddressText(from));
  }
}

void Listener::Pause(std::string_view why) {
  if (metrics_ != nullptr) metrics_->accept_errors.Add();
  // The lack may last, and be met ten times a second.
  if (failing_.Pass(reactor_->Now())) log::Warn("cannot accept connections", {{"error", why}});
  reactor_->poller().Modify(socket_->fd(), 0, this);
  reactor_->Schedule(&pause_, kPause);
}

void Listener::Resume() { reactor_->poller().Modify(socket_->fd(), EPOLLIN, this); }

}  // namespace hookcast::edge
