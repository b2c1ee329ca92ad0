#include "edge/http_connection.h"

#include <cerrno>
#include <chrono>
#include <optional>
#include <utility>
#include <vector>

#include "absl/strings/match.h"

namespace hookcast::edge {
namespace {

// To read a response that is on its way, then to close.
constexpr Duration kLingerTime = std::chrono::seconds(2);
constexpr size_t kMaxKept = Reactor::kReadBufferBytes;

bool IsTransient(int error) { return error == EAGAIN || error == EWOULDBLOCK; }

}  // namespace

HttpConnection::HttpConnection(HttpServer* server, ConnectionId id, Socket socket,
                               std::string remote_address)
    : server_(server),
      reactor_(server->reactor_),
      id_(id),
      socket_(std::move(socket)),
      remote_address_(std::move(remote_address)),
      reader_(std::make_unique<HttpRequestReader>(server->limits_)),
      deadline_(Timer::For<&HttpConnection::OnDeadline>(this)) {}

HttpConnection::~HttpConnection() { Stop(); }

bool HttpConnection::Start() {
  reactor_->Schedule(&deadline_, server_->header_timeout_);
  return reactor_->poller().Add(socket_.fd(), EPOLLIN, this);
}

void HttpConnection::Watch(uint32_t events) {
  reactor_->poller().Modify(socket_.fd(), events, this);
}

void HttpConnection::OnReady(uint32_t events) {
  switch (state_) {
    case State::kReading:
      return ReadRequest();
    case State::kDeciding:
      return WatchWhileDeciding(events);
    case State::kWriting:
      if ((events & EPOLLOUT) != 0 || (events & (EPOLLERR | EPOLLHUP)) != 0) Write();
      return;
    case State::kLingering:
      return DiscardInput();
  }
}

void HttpConnection::ReadRequest() {
  const std::span<char> buffer = reactor_->read_buffer();
  const ssize_t n = socket_.Read(buffer.data(), buffer.size());
  if (n < 0 && IsTransient(errno)) return;
  if (n <= 0) return End(HttpEnding::kMalformed);

  // A request mostly comes whole, and is then read where it lies.
  std::string_view bytes(buffer.data(), static_cast<size_t>(n));
  if (!kept_.empty()) bytes = kept_.append(bytes);
  if (!Feed(bytes)) return;
  deadline_.Cancel();  // from here on the handler's own deadline rules
  HttpRequest request = std::exchange(reader_, nullptr)->TakeRequest();
  head_only_ = request.method == "HEAD";
  state_ = State::kDeciding;
  server_->handler_->OnRequest(*server_, id_, std::move(request));
}

bool HttpConnection::Feed(std::string_view bytes) {
  // A refusal of HEAD has no body either (RFC 9110, section 9.3.2).
  if (bytes.starts_with("HEAD ")) head_only_ = true;
  size_t consumed = 0;
  const HttpRequestReader::Progress progress = reader_->Read(bytes, &consumed);
  if (kept_.empty()) {
    kept_ = bytes.substr(consumed);
  } else {
    kept_.erase(0, consumed);
  }
  switch (progress) {
    case HttpRequestReader::Progress::kNeedMore:
      return false;
    case HttpRequestReader::Progress::kHead:
      return TakeHead() && Feed(kept_);
    case HttpRequestReader::Progress::kRefused: {
      HttpResponse refusal = std::exchange(reader_, nullptr)->refusal();
      if (refusal.status == 413) {
        refusal = server_->handler_->OnBodyTooLarge(std::move(refusal));
      }
      const bool too_large =
          refusal.status == 413 || refusal.status == 414 || refusal.status == 431;
      ending_ = too_large ? HttpEnding::kTooLarge : HttpEnding::kMalformed;
      state_ = State::kDeciding;
      Respond(refusal);
      return false;
    }
    case HttpRequestReader::Progress::kDone:
      break;
  }
  return true;
}

bool HttpConnection::TakeHead() {
  const HttpRequest& head = reader_->head();
  head_only_ = head.method == "HEAD";
  size_t body_limit = server_->limits_.body_bytes;
  if (const std::optional<HttpResponse> refusal =
          server_->handler_->OnHead(id_, head, &body_limit)) {
    reader_.reset();  // and the head
    state_ = State::kDeciding;
    Respond(*refusal);
    return false;
  }
  reader_->LimitBody(body_limit);
  reactor_->Schedule(&deadline_, server_->header_timeout_);
  // RFC 9110 section 10.1.1. Nothing was written before, so the socket has room for it.
  const std::vector<std::string_view> expectations = head.Values("Expect");
  if (kept_.empty() && head.version >= 11 && expectations.size() == 1 &&
      absl::EqualsIgnoreCase({expectations[0].data(), expectations[0].size()}, "100-continue")) {
    std::string go_on = "HTTP/1.1 100 Continue\r\n\r\n";
    const iovec vector{go_on.data(), go_on.size()};
    socket_.Write(&vector, 1);
  }
  return true;
}

// A client that leaves now need not be answered; what it sends early is kept, up to a bound.
void HttpConnection::WatchWhileDeciding(uint32_t events) {
  if (kept_.size() >= kMaxKept) {
    // Of no use but to learn that the connection broke, which is told whatever is watched.
    return (events & (EPOLLERR | EPOLLHUP)) != 0 ? End(HttpEnding::kGone) : Watch(0);
  }
  const std::span<char> buffer = reactor_->read_buffer();
  const ssize_t n = socket_.Read(buffer.data(), kMaxKept - kept_.size());
  if (n < 0 && IsTransient(errno)) return;
  if (n <= 0) return End(HttpEnding::kGone);
  kept_.append(buffer.data(), static_cast<size_t>(n));
}

void HttpConnection::Respond(const HttpResponse& response) {
  if (state_ != State::kDeciding) return;
  state_ = State::kWriting;
  output_.Push(Bytes::Copy(response.Serialize(head_only_)));
  reactor_->Schedule(&deadline_, server_->header_timeout_);
  Write();
}

void HttpConnection::Write() {
  iovec vector;
  while (output_.Gather(&vector, 1) != 0) {
    const ssize_t n = socket_.Write(&vector, 1);
    if (n < 0) return IsTransient(errno) ? Watch(EPOLLOUT) : End(ending_);
    output_.Consume(static_cast<size_t>(n));
  }
  Linger();
}

// Closing with unread input would reset the connection and could destroy the response on its way.
void HttpConnection::Linger() {
  state_ = State::kLingering;
  socket_.ShutdownWrite();
  reactor_->Schedule(&deadline_, kLingerTime);
  Watch(EPOLLIN);
}

void HttpConnection::DiscardInput() {
  const std::span<char> buffer = reactor_->read_buffer();
  const ssize_t n = socket_.Read(buffer.data(), buffer.size());
  if (n > 0 || (n < 0 && IsTransient(errno))) return;
  End(ending_);
}

void HttpConnection::OnDeadline() {
  if (state_ != State::kReading) return End(ending_);
  ending_ = HttpEnding::kTimeout;
  state_ = State::kDeciding;
  Respond(HttpResponse::Text(408, "The request did not come in time."));
}

Detached HttpConnection::Detach() {
  reactor_->poller().Remove(socket_.fd(), this);
  deadline_.Cancel();
  return {std::move(socket_), std::move(kept_)};
}

void HttpConnection::Stop() {
  deadline_.Cancel();
  if (!socket_.open()) return;
  reactor_->poller().Remove(socket_.fd(), this);
  socket_.Close();
}

void HttpConnection::End(HttpEnding how) { server_->Ended(id_, how); }

}  // namespace hookcast::edge
