#include "bench/load/connection.h"

#include <netinet/in.h>
#include <netinet/tcp.h>
#include <sys/epoll.h>
#include <sys/socket.h>
#include <unistd.h>

#include <cerrno>
#include <cstring>
#include <nlohmann/json.hpp>
#include <utility>

#include "absl/strings/ascii.h"
#include "absl/strings/str_cat.h"
#include "bench/wire/frame.h"
#include "bench/wire/handshake.h"

namespace hookcast::bench {
namespace {

// Fixed: the accept value is checked all the same, and no randomness costs time or repeatability.
constexpr char kKey[] = "dGhlIHNhbXBsZSBub25jZQ==";
constexpr uint32_t kMask = 0x5b3ac491;
constexpr char kEnvelopes[] = "hookcast.v1.json";

// The target with a position in its query, as clients say it that cannot set headers.
std::string ResumePath(const std::string& path, std::string_view position) {
  if (position.empty()) return path;
  std::string resumed =
      absl::StrCat(path, path.find('?') == std::string::npos ? "?" : "&", "last_event_id=");
  for (const char c : position) {
    if (absl::ascii_isalnum(static_cast<unsigned char>(c)) || c == '.' || c == '-') {
      resumed.push_back(c);
    } else {
      const auto byte = static_cast<unsigned char>(c);
      absl::StrAppend(&resumed, "%", absl::Hex(byte, absl::kZeroPad2));
    }
  }
  return resumed;
}

}  // namespace

Connection::Connection(Loop& loop, Observer& observer, size_t id)
    : loop_(loop), observer_(&observer), id_(id) {}

Connection::~Connection() {
  if (fd_ >= 0) ::close(fd_);
}

std::string Connection::Request(const Target& target, std::string_view last_event_id) {
  if (target.protocol == Target::Protocol::kEvents) {
    std::string request = absl::StrCat("GET ", target.path, " HTTP/1.1\r\nHost: ", target.host_port,
                                       "\r\nAccept: text/event-stream\r\n");
    if (!last_event_id.empty()) {
      absl::StrAppend(&request, "Last-Event-ID: ", std::string(last_event_id), "\r\n");
    }
    return request.append("\r\n");
  }
  const bool envelopes = target.protocol == Target::Protocol::kEnvelopes;
  return absl::StrCat(
      "GET ", ResumePath(target.path, last_event_id), " HTTP/1.1\r\nHost: ", target.host_port,
      "\r\nUpgrade: websocket\r\nConnection: Upgrade\r\nSec-WebSocket-Key: ", kKey,
      "\r\nSec-WebSocket-Version: 13\r\n",
      envelopes ? absl::StrCat("Sec-WebSocket-Protocol: ", kEnvelopes, "\r\n") : "", "\r\n");
}

void Connection::Start(const Target& target, size_t n, size_t count,
                       std::string_view last_event_id) {
  resume_at_ = std::string(last_event_id);  // it may be events_' own
  target_ = &target;
  events_.reset();
  state_ = State::kConnecting;
  ++life_;
  started_ = Clock::now();
  fd_ = ::socket(target.address.ss_family, SOCK_STREAM | SOCK_NONBLOCK | SOCK_CLOEXEC, 0);
  if (fd_ < 0) return End(ConnectError(errno));
  const int on = 1;
  ::setsockopt(fd_, IPPROTO_TCP, TCP_NODELAY, &on, sizeof on);
  sockaddr_storage source{};
  if (target.Source(n, count, source)) {
    // The port is chosen at connect, so that one address can serve as many peers as it has ports.
    ::setsockopt(fd_, IPPROTO_IP, IP_BIND_ADDRESS_NO_PORT, &on, sizeof on);
    if (::bind(fd_, reinterpret_cast<const sockaddr*>(&source), sizeof(sockaddr_in)) != 0) {
      return End(ConnectError(errno));
    }
  }
  loop_.Add(fd_, EPOLLOUT, this);
  if (::connect(fd_, reinterpret_cast<const sockaddr*>(&target.address), target.address_size) !=
          0 &&
      errno != EINPROGRESS) {
    End(ConnectError(errno));
  }
}

void Connection::OnEvents(uint32_t events) {
  if (fd_ < 0) return;
  if (state_ == State::kConnecting) {
    int error = 0;
    socklen_t size = sizeof error;
    ::getsockopt(fd_, SOL_SOCKET, SO_ERROR, &error, &size);
    if (error != 0) return End(ConnectError(error));
    state_ = State::kUpgrading;
    loop_.Change(fd_, EPOLLIN, this);
    if (observer_->OnConnected(*this)) SendRaw(Request(*target_, resume_at_));
    return;
  }
  const uint32_t life = life_;
  if (events & EPOLLOUT) Flush();
  if (life == life_ && (events & ~static_cast<uint32_t>(EPOLLOUT))) OnReadable();
}

void Connection::OnReadable() {
  std::vector<char>& buffer = loop_.read_buffer();
  // The beginning of a cut frame goes in front of what is read now.
  const size_t kept = input_.size();
  if (buffer.size() < 2 * kept) buffer.resize(4 * kept);
  std::memcpy(buffer.data(), input_.data(), kept);
  const ssize_t got = ::recv(fd_, buffer.data() + kept, buffer.size() - kept, 0);
  if (got < 0) {
    if (errno == EAGAIN || errno == EINTR) return;
    return End(absl::UnavailableError(
        absl::StrCat("the connection to ", target_->url, " broke: ", std::strerror(errno))));
  }
  if (got == 0) return OnFin();
  const size_t size = kept + static_cast<size_t>(got);
  const uint32_t life = life_;
  size_t taken = 0;
  if (state_ == State::kUpgrading) taken = TakeResponse({buffer.data(), size});
  if (life == life_ && state_ == State::kOpen && events_) {
    TakeEvents({buffer.data() + taken, size - taken});
    return;
  }
  if (life == life_ && state_ == State::kOpen) {
    taken += TakeFrames(buffer.data() + taken, size - taken);
  }
  if (life == life_) input_.assign(buffer.data() + taken, size - taken);
}

void Connection::OnFin() {
  if (state_ == State::kUpgrading) {
    return End(absl::UnavailableError(
        absl::StrCat(target_->url, " closed the connection before it answered the handshake")));
  }
  if (events_ && !events_->between_events()) {
    return End(Broken("the connection ended inside an event"));
  }
  End(input_.empty() ? absl::OkStatus() : Broken("the connection ended inside a frame"));
}

size_t Connection::TakeResponse(std::string_view input) {
  const size_t end = input.find("\r\n\r\n");
  if (end == std::string_view::npos) return 0;
  const std::string_view head = input.substr(0, end + 2);
  const bool asks_for_events = target_->protocol == Target::Protocol::kEvents;
  const std::string status(head.substr(0, head.find("\r\n")));
  if (status.size() < 12 || status.substr(9, 3) != (asks_for_events ? "200" : "101")) {
    End(absl::FailedPreconditionError(absl::StrCat(
        target_->url, " refused ", asks_for_events ? "the stream: " : "the upgrade: ", status, " ",
        std::string(input.substr(end + 4)))));
    return input.size();
  }
  if (asks_for_events) {
    const std::string_view type = HeaderValue(head, "content-type");
    if (type.substr(0, type.find(';')) != "text/event-stream") {
      End(Broken(absl::StrCat("Content-Type: ", std::string(type), ", not text/event-stream")));
      return input.size();
    }
    events_.emplace(HeaderValue(head, "transfer-encoding") == "chunked");
  } else if (static const std::string accept = AcceptValue(kKey);
             HeaderValue(head, "sec-websocket-accept") != accept) {
    End(Broken("a wrong Sec-WebSocket-Accept"));
    return input.size();
  }
  if (target_->protocol == Target::Protocol::kEnvelopes &&
      HeaderValue(head, "sec-websocket-protocol") != kEnvelopes) {
    End(Broken(absl::StrCat("it did not choose ", kEnvelopes)));
    return input.size();
  }
  input_.clear();  // the beginning of the head, where that came in parts
  state_ = State::kOpen;
  observer_->OnOpen(*this);
  return end + 4;
}

size_t Connection::TakeFrames(const char* data, size_t size) {
  const uint32_t life = life_;
  size_t taken = 0;
  FrameHeader header;
  while (life == life_ && !loop_.failed() && ParseFrameHeader(data + taken, size - taken, header)) {
    if (header.masked || header.rsv != 0 || !header.fin || header.opcode == kContinuation ||
        (header.opcode & 7) > 2 || ((header.opcode & 8) && header.payload_size > 125)) {
      End(Broken("a masked, fragmented or malformed frame"));
      return size;
    }
    if (size - taken - header.header_size < header.payload_size) break;
    const auto payload_size = static_cast<size_t>(header.payload_size);
    const std::string_view payload(data + taken + header.header_size, payload_size);
    taken += header.header_size + payload_size;
    OnFrame(header.opcode, payload);
  }
  return taken;
}

void Connection::TakeEvents(std::string_view input) {
  const uint32_t life = life_;
  while (life == life_ && !loop_.failed()) {
    switch (events_->Next(input)) {
      case SseReader::Got::kNothing:
        return;
      case SseReader::Got::kEvent:
        OnEvent();
        break;
      case SseReader::Got::kEnd:
        return End(input.empty() ? absl::OkStatus() : Broken("bytes behind the last chunk"));
      case SseReader::Got::kBroken:
        return End(Broken(events_->error()));
    }
  }
}

void Connection::OnEvent() {
  constexpr std::string_view kOwn = "hookcast.";
  const std::string_view name = events_->name(), data = events_->data();
  if (name.substr(0, kOwn.size()) != kOwn) return observer_->OnMessage(*this, kText, data);
  if (name == "hookcast.open") return;
  if (name == "hookcast.gap") {
    return End(absl::DataLossError(
        absl::StrCat(target_->url, " told of a gap: ", std::string(data.substr(0, 64)))));
  }
  const nlohmann::json body = nlohmann::json::parse(data, nullptr, false);
  if (name != "hookcast.close" || !body.is_object()) {
    return End(Broken(absl::StrCat("an event ", std::string(name.substr(0, 64)), ": ",
                                   std::string(data.substr(0, 64)))));
  }
  const auto code = body.find("code"), reason = body.find("reason");
  observer_->OnCloseFrame(
      *this, code != body.end() && code->is_number() ? code->get<uint16_t>() : uint16_t{1005},
      reason != body.end() && reason->is_string() ? reason->get<std::string>() : std::string());
}

void Connection::OnEnvelope(std::string_view text) {
  const nlohmann::json envelope = nlohmann::json::parse(text, nullptr, false);
  const auto member = [&envelope](const char* name) -> std::string_view {
    const auto found = envelope.find(name);
    if (found == envelope.end() || !found->is_string()) return {};
    return found->get_ref<const std::string&>();
  };
  if (!envelope.is_object()) {
    return End(Broken(absl::StrCat("not an envelope: ", std::string(text.substr(0, 64)))));
  }
  const std::string_view type = member("type"), position = member("position");
  if (!position.empty()) resume_at_ = std::string(position);
  if (type == "message") return observer_->OnMessage(*this, kText, member("data"));
  if (type == "gap") {
    return End(absl::DataLossError(
        absl::StrCat(target_->url, " told of a gap: ", std::string(text.substr(0, 64)))));
  }
  if (type != "open" && type != "position") {
    End(Broken(absl::StrCat("an envelope ", std::string(text.substr(0, 64)))));
  }
}

std::string_view Connection::last_event_id() const {
  if (events_ && !events_->last_event_id().empty()) return events_->last_event_id();
  return resume_at_;
}

void Connection::OnFrame(uint8_t opcode, std::string_view payload) {
  switch (opcode) {
    case kText:
      if (target_->protocol == Target::Protocol::kEnvelopes) return OnEnvelope(payload);
      [[fallthrough]];
    case kBinary:
      return observer_->OnMessage(*this, opcode, payload);
    case kPing:
      return SendFrame(kPong, payload);
    case kPong:
      return observer_->OnPong(*this, payload);
    case kClose:
      return observer_->OnCloseFrame(*this, CloseCode(payload),
                                     payload.substr(payload.size() < 2 ? payload.size() : 2));
    default:
      break;
  }
}

void Connection::SendFrame(uint8_t opcode, std::string_view payload) {
  std::string frame;
  AppendMaskedFrame(frame, opcode, payload, kMask);
  SendRaw(frame);
}

void Connection::SendRaw(std::string_view bytes) {
  if (fd_ < 0) return;
  if (!output_.empty()) {
    output_.append(bytes);
    return;
  }
  const ssize_t sent = ::send(fd_, bytes.data(), bytes.size(), MSG_NOSIGNAL);
  // An error shows on the reading side too, with what the server said before it.
  if (sent == static_cast<ssize_t>(bytes.size()) || (sent < 0 && errno != EAGAIN)) return;
  output_.assign(bytes.substr(sent < 0 ? 0 : static_cast<size_t>(sent)));
  loop_.Change(fd_, EPOLLIN | EPOLLOUT, this);
}

void Connection::Flush() {
  const ssize_t sent = ::send(fd_, output_.data(), output_.size(), MSG_NOSIGNAL);
  if (sent < 0 && errno == EAGAIN) return;
  output_.erase(0, sent < 0 ? output_.size() : static_cast<size_t>(sent));
  if (output_.empty()) loop_.Change(fd_, EPOLLIN, this);
}

void Connection::Close() {
  if (fd_ >= 0) ::close(fd_);
  fd_ = -1;
  state_ = State::kIdle;
  ++life_;
  input_.clear();
  output_.clear();
}

void Connection::Reset() {
  if (fd_ < 0) return;
  const linger now{1, 0};
  ::setsockopt(fd_, SOL_SOCKET, SO_LINGER, &now, sizeof now);
  Close();
}

void Connection::ShutdownWrite() { ::shutdown(fd_, SHUT_WR); }

void Connection::End(const absl::Status& error) {
  Close();
  observer_->OnEnd(*this, error);
}

absl::Status Connection::ConnectError(int error) const {
  std::string why = std::strerror(error);
  why[0] = absl::ascii_tolower(static_cast<unsigned char>(why[0]));
  if (error == EADDRNOTAVAIL) why += " (out of local ports: wait a minute for old connections)";
  if (error == ECONNREFUSED) why += "; is hookcastd running there?";
  return absl::UnavailableError(
      absl::StrCat("could not connect to ", target_->host_port, ": ", why));
}

absl::Status Connection::Broken(std::string_view how) const {
  return absl::DataLossError(absl::StrCat(target_->url, " broke the protocol: ", std::string(how)));
}

}  // namespace hookcast::bench
