#include "bench/baseline/server.h"

#include <arpa/inet.h>
#include <netinet/in.h>
#include <netinet/tcp.h>
#include <sys/epoll.h>
#include <sys/socket.h>
#include <unistd.h>

#include <cerrno>
#include <cstring>
#include <utility>

#include "absl/strings/numbers.h"
#include "absl/strings/str_cat.h"
#include "bench/wire/frame.h"
#include "bench/wire/handshake.h"
#include "bench/wire/sse.h"

namespace hookcast::bench {
namespace {

constexpr size_t kReadSize = 256 * 1024;
constexpr size_t kMostPeers = 1 << 20;
constexpr size_t kMaxHead = 16 * 1024;
constexpr uint64_t kMaxMessage = 16 * 1024 * 1024;

absl::Status SystemError(std::string_view what) {
  return absl::InternalError(absl::StrCat(std::string(what), ": ", std::strerror(errno)));
}

}  // namespace

absl::StatusOr<std::unique_ptr<BaselineServer>> BaselineServer::Listen(const std::string& listen,
                                                                       Mode mode) {
  sockaddr_in address{};
  address.sin_family = AF_INET;
  const size_t colon = listen.rfind(':');
  uint32_t port = 0;
  if (colon == std::string::npos || !absl::SimpleAtoi(listen.substr(colon + 1), &port) ||
      port > 65535 ||
      ::inet_pton(AF_INET, listen.substr(0, colon).c_str(), &address.sin_addr) != 1) {
    return absl::InvalidArgumentError(absl::StrCat("not an IPv4 address and port: ", listen));
  }
  address.sin_port = htons(static_cast<uint16_t>(port));

  const int fd = ::socket(AF_INET, SOCK_STREAM | SOCK_NONBLOCK | SOCK_CLOEXEC, 0);
  const int on = 1;
  ::setsockopt(fd, SOL_SOCKET, SO_REUSEADDR, &on, sizeof on);
  socklen_t size = sizeof address;
  if (::bind(fd, reinterpret_cast<sockaddr*>(&address), size) != 0 || ::listen(fd, 4096) != 0 ||
      ::getsockname(fd, reinterpret_cast<sockaddr*>(&address), &size) != 0) {
    const absl::Status error = SystemError(absl::StrCat("could not listen on ", listen));
    ::close(fd);
    return error;
  }
  char host[INET_ADDRSTRLEN];
  ::inet_ntop(AF_INET, &address.sin_addr, host, sizeof host);

  const int epoll_fd = ::epoll_create1(EPOLL_CLOEXEC);
  epoll_event event{EPOLLIN, {.fd = fd}};
  if (::epoll_ctl(epoll_fd, EPOLL_CTL_ADD, fd, &event) != 0) return SystemError("epoll");
  return std::unique_ptr<BaselineServer>(
      new BaselineServer(fd, epoll_fd, absl::StrCat(host, ":", ntohs(address.sin_port)), mode));
}

BaselineServer::BaselineServer(int listen_fd, int epoll_fd, std::string address, Mode mode)
    : listen_fd_(listen_fd),
      epoll_fd_(epoll_fd),
      address_(std::move(address)),
      mode_(mode),
      read_buffer_(kReadSize) {
  // Room that is never touched costs nothing; tables that grow leave their old places in the heap.
  peers_.reserve(kMostPeers);
  subscribers_.reserve(kMostPeers);
  event_subscribers_.reserve(kMostPeers);
}

BaselineServer::~BaselineServer() {
  for (size_t fd = 0; fd < peers_.size(); ++fd) {
    if (peers_[fd].role != Role::kNone) ::close(static_cast<int>(fd));
  }
  ::close(epoll_fd_);
  ::close(listen_fd_);
}

absl::Status BaselineServer::Run() {
  epoll_event events[1024];
  while (true) {
    const int count = ::epoll_wait(epoll_fd_, events, 1024, -1);
    if (count < 0 && errno != EINTR) return SystemError("epoll_wait");
    for (int i = 0; i < count; ++i) {
      const int fd = events[i].data.fd;
      if (fd == listen_fd_) {
        if (absl::Status accepted = Accept(); !accepted.ok()) return accepted;
        continue;
      }
      if (events[i].events & EPOLLOUT) OnWritable(fd);
      if (events[i].events & ~EPOLLOUT) OnReadable(fd);
    }
    FlushBatches();
  }
}

absl::Status BaselineServer::Accept() {
  while (true) {
    const int fd = ::accept4(listen_fd_, nullptr, nullptr, SOCK_NONBLOCK | SOCK_CLOEXEC);
    if (fd < 0) {
      if (errno == EAGAIN || errno == EWOULDBLOCK) return absl::OkStatus();
      if (errno == ECONNABORTED || errno == EINTR) continue;
      return SystemError("accept");
    }
    const int on = 1;
    ::setsockopt(fd, IPPROTO_TCP, TCP_NODELAY, &on, sizeof on);
    if (peers_.size() <= static_cast<size_t>(fd)) peers_.resize(static_cast<size_t>(fd) + 1);
    peers_[static_cast<size_t>(fd)] = Peer{0, Role::kHandshake, false};
    epoll_event event{EPOLLIN, {.fd = fd}};
    if (::epoll_ctl(epoll_fd_, EPOLL_CTL_ADD, fd, &event) != 0) return SystemError("epoll_ctl");
  }
}

void BaselineServer::OnReadable(int fd) {
  // An event of this turn may be for a descriptor that was closed earlier in it.
  Peer& peer = peers_[static_cast<size_t>(fd)];
  if (peer.role == Role::kNone) return;
  const ssize_t got = ::recv(fd, read_buffer_.data(), read_buffer_.size(), 0);
  if (got <= 0) {
    if (got == 0 || (errno != EAGAIN && errno != EINTR)) CloseNow(fd);
    return;
  }
  char* data = read_buffer_.data();
  size_t size = static_cast<size_t>(got);
  std::string joined;
  if (peer.has_side) {
    Side& side = sides_[fd];
    if (side.closing) return;
    if (!side.input.empty()) {
      joined = std::exchange(side.input, {});
      joined.append(data, size);
      data = joined.data();
      size = joined.size();
    }
  }

  size_t taken = 0;
  if (peer.role == Role::kHandshake) taken = TakeHandshake(fd, {data, size});
  if (peers_[static_cast<size_t>(fd)].role == Role::kEventSubscriber) {
    taken = size;  // there is nothing to hear
  } else if (!Closed(fd) && peers_[static_cast<size_t>(fd)].role != Role::kHandshake) {
    taken += TakeFrames(fd, data + taken, size - taken);
  }
  if (Closed(fd)) return;
  FlushEcho(fd);
  if (taken < size) {
    peers_[static_cast<size_t>(fd)].has_side = true;
    sides_[fd].input.assign(data + taken, size - taken);
  } else if (const auto side = sides_.find(fd);
             peers_[static_cast<size_t>(fd)].has_side && side != sides_.end() &&
             side->second.output.empty() && side->second.message.empty() &&
             side->second.message_opcode == 0 && !side->second.closing) {
    sides_.erase(side);
    peers_[static_cast<size_t>(fd)].has_side = false;
  }
}

size_t BaselineServer::TakeHandshake(int fd, std::string_view input) {
  const size_t end = input.find("\r\n\r\n");
  if (end == std::string_view::npos) {
    if (input.size() > kMaxHead) Refuse(fd, "431 Request Header Fields Too Large");
    return 0;
  }
  const std::string_view head = input.substr(0, end + 2);
  if (head.substr(0, 5) != "GET /") {
    Refuse(fd, "400 Bad Request");
    return 0;
  }
  const std::string_view path = head.substr(4, head.find(' ', 4) - 4);
  const std::string_view key = HeaderValue(head, "sec-websocket-key");
  if (!key.empty()) {
    TakeWebSocket(fd, path, key);
  } else if (HeaderValue(head, "accept") == "text/event-stream") {
    TakeEventRequest(fd, path);
  } else {
    Refuse(fd, "426 Upgrade Required");
  }
  return end + 4;
}

void BaselineServer::TakeWebSocket(int fd, std::string_view path, std::string_view key) {
  Peer& peer = peers_[static_cast<size_t>(fd)];
  if (path == "/echo") {
    peer.role = Role::kEcho;
  } else if (path == "/pub") {
    peer.role = Role::kPublisher;
  } else if (path == "/sub") {
    Subscribe(fd, Role::kSubscriber);
  } else {
    return Refuse(fd, "404 Not Found");
  }
  Send(fd, absl::StrCat("HTTP/1.1 101 Switching Protocols\r\nUpgrade: websocket\r\n"
                        "Connection: Upgrade\r\nSec-WebSocket-Accept: ",
                        AcceptValue(key), "\r\n\r\n"));
}

void BaselineServer::TakeEventRequest(int fd, std::string_view path) {
  if (path != "/sub") return Refuse(fd, path == "/echo" ? "406 Not Acceptable" : "404 Not Found");
  Subscribe(fd, Role::kEventSubscriber);
  std::string answer =
      "HTTP/1.1 200 OK\r\nContent-Type: text/event-stream\r\nCache-Control: no-cache, "
      "no-transform\r\nTransfer-Encoding: chunked\r\n\r\n";
  AppendSseChunk(answer, "hookcast.open", absl::StrCat("{\"peer\":\"", fd, "\"}"));
  Send(fd, answer);
}

void BaselineServer::Subscribe(int fd, Role role) {
  Peer& peer = peers_[static_cast<size_t>(fd)];
  peer.role = role;
  peer.subscriber = static_cast<uint32_t>(SubscribersOf(role).size());
  SubscribersOf(role).push_back(fd);
}

size_t BaselineServer::TakeFrames(int fd, char* data, size_t size) {
  size_t taken = 0;
  FrameHeader header;
  while (!Closed(fd) && ParseFrameHeader(data + taken, size - taken, header)) {
    const bool control = (header.opcode & 8) != 0;
    if (!header.masked || header.rsv != 0 || (header.opcode & 7) > 2 ||
        (control && (!header.fin || header.payload_size > 125))) {
      EndWith(fd, 1002);
      return size;
    }
    if (header.payload_size > kMaxMessage) {
      EndWith(fd, 1009);
      return size;
    }
    if (size - taken - header.header_size < header.payload_size) break;
    char* payload = data + taken + header.header_size;
    const auto payload_size = static_cast<size_t>(header.payload_size);
    ApplyMask(payload, payload_size, header.mask);
    taken += header.header_size + payload_size;
    OnFrame(fd, header, {payload, payload_size});
  }
  return taken;
}

void BaselineServer::OnFrame(int fd, const FrameHeader& header, std::string_view payload) {
  if (header.opcode & 8) FlushEcho(fd);  // an answer to a later frame must not overtake
  switch (header.opcode) {
    case kPing:
      frame_.clear();
      AppendFrame(frame_, kPong, payload);
      Send(fd, frame_);
      return;
    case kPong:
      return;
    case kClose:
      frame_.clear();
      AppendFrame(frame_, kClose, payload);
      Send(fd, frame_);
      Finish(fd);
      return;
    default:
      break;
  }
  Peer& peer = peers_[static_cast<size_t>(fd)];
  const auto found = peer.has_side ? sides_.find(fd) : sides_.end();
  const bool in_message = found != sides_.end() && found->second.message_opcode != 0;
  if ((header.opcode == kContinuation) != in_message) return EndWith(fd, 1002);
  if (header.fin && !in_message) return OnMessage(fd, header.opcode, payload);

  peer.has_side = true;
  Side& side = sides_[fd];
  if (!in_message) side.message_opcode = header.opcode;
  side.message.append(payload);
  if (side.message.size() > kMaxMessage) return EndWith(fd, 1009);
  if (!header.fin) return;
  const std::string message = std::exchange(side.message, {});
  OnMessage(fd, std::exchange(side.message_opcode, 0), message);
}

void BaselineServer::OnMessage(int fd, uint8_t opcode, std::string_view payload) {
  const Role role = peers_[static_cast<size_t>(fd)].role;
  if (role == Role::kPublisher) {
    Publish(opcode, payload);
  } else if (role == Role::kEcho) {
    if (mode_ == Mode::kGathered) {
      AppendFrame(echo_, opcode, payload);
    } else {
      frame_.clear();
      AppendFrame(frame_, opcode, payload);
      Send(fd, frame_);
    }
  }
}

void BaselineServer::FlushEcho(int fd) {
  if (echo_.empty()) return;
  Send(fd, echo_);
  echo_.clear();
}

void BaselineServer::Refuse(int fd, std::string_view status) {
  const std::string body = absl::StrCat(std::string(status), "\n");
  Send(fd, absl::StrCat("HTTP/1.1 ", std::string(status),
                        "\r\nConnection: close\r\nContent-Type: text/plain\r\nContent-Length: ",
                        body.size(), "\r\n\r\n", body));
  Finish(fd);
}

void BaselineServer::EndWith(int fd, uint16_t close_code) {
  FlushEcho(fd);
  frame_.clear();
  AppendFrame(frame_, kClose, CloseBody(close_code));
  Send(fd, frame_);
  Finish(fd);
}

void BaselineServer::Publish(uint8_t opcode, std::string_view payload) {
  if (!subscribers_.empty()) AppendFrame(batch_, opcode, payload);
  if (!event_subscribers_.empty()) AppendSseChunk(event_batch_, {}, payload);
  if (mode_ == Mode::kDirect) FlushBatches();
}

void BaselineServer::FlushBatches() {
  if (!batch_.empty()) SendToAll(subscribers_, batch_);
  if (!event_batch_.empty()) SendToAll(event_subscribers_, event_batch_);
  batch_.clear();
  event_batch_.clear();
}

void BaselineServer::SendToAll(const std::vector<int>& peers, std::string_view bytes) {
  for (const int fd : peers) Send(fd, bytes);
}

void BaselineServer::Send(int fd, std::string_view bytes) {
  Peer& peer = peers_[static_cast<size_t>(fd)];
  if (peer.has_side) {
    if (Side& side = sides_[fd]; side.closing || !side.output.empty()) {
      if (!side.closing) side.output.append(bytes);
      return;
    }
  }
  const ssize_t sent = ::send(fd, bytes.data(), bytes.size(), MSG_NOSIGNAL);
  if (sent == static_cast<ssize_t>(bytes.size())) return;
  if (sent < 0 && errno != EAGAIN && errno != EWOULDBLOCK && errno != EINTR) {
    // Not closed here: subscribers_ may be under iteration. The next turn reads the end.
    ::shutdown(fd, SHUT_RDWR);
    return;
  }
  peer.has_side = true;
  sides_[fd].output.append(bytes.substr(sent < 0 ? 0 : static_cast<size_t>(sent)));
  epoll_event event{EPOLLIN | EPOLLOUT, {.fd = fd}};
  ::epoll_ctl(epoll_fd_, EPOLL_CTL_MOD, fd, &event);
}

void BaselineServer::OnWritable(int fd) {
  if (Closed(fd) || !peers_[static_cast<size_t>(fd)].has_side) return;
  Side& side = sides_[fd];
  const ssize_t sent = ::send(fd, side.output.data(), side.output.size(), MSG_NOSIGNAL);
  if (sent < 0) {
    if (errno != EAGAIN && errno != EINTR) CloseNow(fd);
    return;
  }
  side.output.erase(0, static_cast<size_t>(sent));
  if (!side.output.empty()) return;
  if (side.closing) return CloseNow(fd);
  epoll_event event{EPOLLIN, {.fd = fd}};
  ::epoll_ctl(epoll_fd_, EPOLL_CTL_MOD, fd, &event);
  if (side.input.empty() && side.message_opcode == 0) {
    sides_.erase(fd);
    peers_[static_cast<size_t>(fd)].has_side = false;
  }
}

void BaselineServer::Finish(int fd) {
  if (peers_[static_cast<size_t>(fd)].has_side && !sides_[fd].output.empty()) {
    sides_[fd].closing = true;
  } else {
    CloseNow(fd);
  }
}

void BaselineServer::CloseNow(int fd) {
  Peer& peer = peers_[static_cast<size_t>(fd)];
  if (peer.role == Role::kSubscriber || peer.role == Role::kEventSubscriber) {
    std::vector<int>& subscribers = SubscribersOf(peer.role);
    const int last = subscribers.back();
    subscribers[peer.subscriber] = last;
    peers_[static_cast<size_t>(last)].subscriber = peer.subscriber;
    subscribers.pop_back();
  }
  if (peer.has_side) sides_.erase(fd);
  peer = Peer{};
  echo_.clear();
  ::close(fd);
}

}  // namespace hookcast::bench
