#include "tests/integration/client/websocket_client.h"

#include <poll.h>
#include <sys/socket.h>

#include <algorithm>
#include <array>
#include <cerrno>
#include <cstddef>
#include <optional>
#include <random>
#include <utility>

#include "absl/strings/str_cat.h"
#include "tests/integration/client/accept_key.h"
#include "tests/integration/client/http_reader.h"
#include "tests/integration/client/socket.h"

namespace hookcast::testing {
namespace {

constexpr uint8_t kContinuation = 0x0;
constexpr uint8_t kTextFrame = 0x1;
constexpr uint8_t kBinaryFrame = 0x2;
constexpr uint8_t kCloseFrame = 0x8;
constexpr uint8_t kPingFrame = 0x9;
constexpr uint8_t kPongFrame = 0xa;

absl::Status Broken(std::string_view how) {
  return absl::DataLossError(absl::StrCat("the server broke RFC 6455: ", std::string(how)));
}

// RFC 3629: no overlong forms, no surrogates, nothing above U+10FFFF.
bool IsUtf8(std::string_view text) {
  size_t i = 0;
  while (i < text.size()) {
    const auto byte = [&](size_t at) { return static_cast<uint8_t>(text[at]); };
    const uint8_t lead = byte(i);
    const size_t more = lead < 0x80 ? 0 : lead < 0xe0 ? 1 : lead < 0xf0 ? 2 : 3;
    if ((lead >= 0x80 && lead < 0xc2) || lead > 0xf4 || text.size() - i <= more) return false;
    for (size_t at = i + 1; at <= i + more; ++at) {
      if ((byte(at) & 0xc0) != 0x80) return false;
    }
    if (more > 0) {
      const uint8_t second = byte(i + 1);
      if ((lead == 0xe0 && second < 0xa0) || (lead == 0xed && second > 0x9f) ||
          (lead == 0xf0 && second < 0x90) || (lead == 0xf4 && second > 0x8f)) {
        return false;
      }
    }
    i += more + 1;
  }
  return true;
}

struct Handshake {
  std::unique_ptr<Socket> socket;
  HttpResponse response;
  size_t head_size = 0;
  std::string key;
};

// Connects, sends the handshake, reads the response's head.
absl::StatusOr<Handshake> Shake(const std::string& host_port, const std::string& target,
                                const WebSocketClient::Options& options, Deadline deadline) {
  Handshake shake;
  absl::StatusOr<std::unique_ptr<Socket>> socket =
      Socket::Connect(host_port, deadline, options.source_address);
  if (!socket.ok()) return socket.status();
  shake.socket = *std::move(socket);
  shake.key = NewWebSocketKey();

  HttpHeaders headers = {{"Host", host_port},
                         {"Upgrade", "websocket"},
                         {"Connection", "Upgrade"},
                         {"Sec-WebSocket-Key", shake.key},
                         {"Sec-WebSocket-Version", "13"}};
  if (!options.subprotocols.empty()) {
    std::string offered;
    for (const std::string& subprotocol : options.subprotocols) {
      absl::StrAppend(&offered, offered.empty() ? "" : ", ", subprotocol);
    }
    headers.emplace_back("Sec-WebSocket-Protocol", offered);
  }
  const std::string request =
      absl::StrCat("GET ", target, " HTTP/1.1\r\n", HeaderLines(headers, options.headers), "\r\n");
  if (absl::Status sent = shake.socket->Send(request, deadline); !sent.ok()) return sent;

  absl::StatusOr<size_t> head_size = ReadHead(*shake.socket, deadline, shake.response);
  if (!head_size.ok()) return head_size.status();
  shake.head_size = *head_size;
  for (const auto& [name, value] : options.headers) {
    if (EqualsIgnoringCase(name, "Sec-WebSocket-Key")) shake.key = value;
  }
  return shake;
}

absl::Status CheckSwitch(const Handshake& shake, const WebSocketClient::Options& options) {
  const HttpResponse& response = shake.response;
  if (!EqualsIgnoringCase(response.header("Upgrade"), "websocket")) {
    return Broken("101 without Upgrade: websocket");
  }
  if (!EqualsIgnoringCase(response.header("Connection"), "upgrade")) {
    return Broken("101 without Connection: Upgrade");
  }
  if (response.header("Sec-WebSocket-Accept") != WebSocketAccept(shake.key)) {
    return Broken("a wrong Sec-WebSocket-Accept");
  }
  const std::vector<std::string> chosen = response.HeaderValues("Sec-WebSocket-Protocol");
  if (chosen.size() > 1) return Broken("more than one subprotocol");
  const std::vector<std::string>& offered = options.subprotocols;
  if (!chosen.empty() && std::find(offered.begin(), offered.end(), chosen[0]) == offered.end()) {
    return Broken(absl::StrCat("a subprotocol that was not offered: ", chosen[0]));
  }
  return absl::OkStatus();
}

}  // namespace

absl::StatusOr<std::unique_ptr<WebSocketClient>> WebSocketClient::Connect(
    const std::string& host_port, const std::string& target, Options options) {
  const Deadline deadline = After(options.timeout);
  absl::StatusOr<Handshake> shake = Shake(host_port, target, options, deadline);
  if (!shake.ok()) return shake.status();
  HttpResponse& response = shake->response;
  if (response.status != 101) {
    // What of the body arrives in time makes the error clearer; its absence changes nothing.
    (void)ReadBody(*shake->socket, deadline, shake->head_size, response);
    return absl::FailedPreconditionError(
        absl::StrCat("HTTP ", response.status, " ", response.reason, ": ", response.body));
  }
  if (absl::Status right = CheckSwitch(*shake, options); !right.ok()) return right;
  std::string leftover = response.raw.substr(shake->head_size);
  return std::unique_ptr<WebSocketClient>(new WebSocketClient(
      std::move(shake->socket), std::move(response), std::move(leftover), options.timeout));
}

absl::StatusOr<std::unique_ptr<WebSocketClient>> WebSocketClient::Connect(
    const std::string& host_port, const std::string& target) {
  return Connect(host_port, target, Options());
}

absl::StatusOr<HttpResponse> WebSocketClient::TryUpgrade(const std::string& host_port,
                                                         const std::string& target,
                                                         Options options) {
  const Deadline deadline = After(options.timeout);
  absl::StatusOr<Handshake> shake = Shake(host_port, target, options, deadline);
  if (!shake.ok()) return shake.status();
  HttpResponse& response = shake->response;
  if (absl::Status read = ReadBody(*shake->socket, deadline, shake->head_size, response);
      !read.ok()) {
    return read;
  }
  if (response.status != 101) AwaitClose(*shake->socket, deadline, response);
  return std::move(response);
}

absl::StatusOr<HttpResponse> WebSocketClient::TryUpgrade(const std::string& host_port,
                                                         const std::string& target) {
  return TryUpgrade(host_port, target, Options());
}

WebSocketClient::WebSocketClient(std::unique_ptr<Socket> socket, HttpResponse response,
                                 std::string leftover, std::chrono::milliseconds timeout)
    : socket_(std::move(socket)),
      response_(std::move(response)),
      timeout_(timeout),
      buffer_(std::move(leftover)) {}

WebSocketClient::~WebSocketClient() = default;

absl::Status WebSocketClient::SendText(std::string_view text) {
  return SendFrame(kTextFrame, true, text);
}

absl::Status WebSocketClient::SendBinary(std::string_view bytes) {
  return SendFrame(kBinaryFrame, true, bytes);
}

absl::Status WebSocketClient::SendPing(std::string_view payload) {
  return SendFrame(kPingFrame, true, payload);
}

absl::Status WebSocketClient::SendPong(std::string_view payload) {
  return SendFrame(kPongFrame, true, payload);
}

absl::Status WebSocketClient::SendClose(uint16_t code, std::string_view reason) {
  std::string body;
  if (code != 0) {
    body = {static_cast<char>(code >> 8), static_cast<char>(code & 0xff)};
    body.append(reason);
  }
  return SendFrame(kCloseFrame, true, body);
}

absl::Status WebSocketClient::SendFrame(uint8_t opcode, bool fin, std::string_view payload,
                                        uint8_t rsv, bool masked) {
  std::string frame;
  frame.reserve(payload.size() + 14);
  frame.push_back(static_cast<char>((fin ? 0x80 : 0) | (rsv & 7) << 4 | (opcode & 15)));
  const uint8_t mask_bit = masked ? 0x80 : 0;
  const auto push_length = [&frame, size = payload.size()](int bytes) {
    for (int shift = 8 * (bytes - 1); shift >= 0; shift -= 8) {
      frame.push_back(static_cast<char>(static_cast<uint64_t>(size) >> shift));
    }
  };
  if (payload.size() < 126) {
    frame.push_back(static_cast<char>(mask_bit | payload.size()));
  } else if (payload.size() < 65536) {
    frame.push_back(static_cast<char>(mask_bit | 126));
    push_length(2);
  } else {
    frame.push_back(static_cast<char>(mask_bit | 127));
    push_length(8);
  }
  if (masked) {
    static thread_local std::minstd_rand random{std::random_device{}()};
    std::array<char, 4> key;
    for (char& byte : key) byte = static_cast<char>(random() >> 8);
    frame.append(key.data(), key.size());
    for (size_t i = 0; i < payload.size(); ++i) {
      frame.push_back(static_cast<char>(payload[i] ^ key[i % 4]));
    }
  } else {
    frame.append(payload);
  }
  return SendRaw(frame);
}

absl::Status WebSocketClient::SendRaw(std::string_view bytes) {
  return socket_->Send(bytes, After(timeout_));
}

absl::StatusOr<bool> WebSocketClient::TakeFrame(Frame& frame) {
  const auto byte = [this](size_t at) { return static_cast<uint8_t>(buffer_[at]); };
  if (buffer_.size() < 2) return false;
  frame.opcode = byte(0) & 15;
  frame.fin = (byte(0) & 0x80) != 0;
  frame.rsv = byte(0) >> 4 & 7;
  if (byte(1) & 0x80) return Broken("a masked frame");
  if (frame.rsv != 0 && !response_.HasHeader("Sec-WebSocket-Extensions")) {
    return Broken("reserved bits without an extension");
  }
  const bool control = (frame.opcode & 8) != 0;
  if ((frame.opcode & 7) > 2) return Broken(absl::StrCat("opcode ", frame.opcode));

  uint64_t size = byte(1);
  size_t header_size = 2;
  if (control && (size > 125 || !frame.fin)) return Broken("a long or fragmented control frame");
  if (size >= 126) {
    const size_t length_bytes = size == 126 ? 2 : 8;
    header_size += length_bytes;
    if (buffer_.size() < header_size) return false;
    size = 0;
    for (size_t at = 2; at < header_size; ++at) size = size << 8 | byte(at);
    if (size < (length_bytes == 2 ? 126u : 65536u)) return Broken("a length in too many bytes");
    if (size >> 63) return Broken("a length with its top bit set");
  }
  if (buffer_.size() - header_size < size) return false;
  frame.payload = buffer_.substr(header_size, size);
  buffer_.erase(0, header_size + size);
  return true;
}

absl::StatusOr<bool> WebSocketClient::AddFragment(Frame frame, Received& message) {
  if ((frame.opcode == kContinuation) != in_message_) {
    return Broken(in_message_ ? "a message inside a fragmented one"
                              : "a continuation of no message");
  }
  if (!in_message_) {
    partial_ = Received{frame.opcode == kTextFrame ? Received::kText : Received::kBinary};
    partial_.rsv = frame.rsv;
  } else if (frame.rsv != 0) {
    return Broken("reserved bits in a continuation");
  }
  ++partial_.frames;
  partial_.payload += frame.payload;
  in_message_ = !frame.fin;
  if (in_message_) return false;
  if (partial_.kind == Received::kText && partial_.rsv == 0 && !IsUtf8(partial_.payload)) {
    return Broken("text that is not UTF-8");
  }
  message = std::move(partial_);
  return true;
}

absl::StatusOr<WebSocketClient::Received> WebSocketClient::Receive() { return Receive(timeout_); }

absl::StatusOr<WebSocketClient::Received> WebSocketClient::Receive(
    std::chrono::milliseconds timeout) {
  const Deadline deadline = After(timeout);
  while (true) {
    Frame frame;
    absl::StatusOr<bool> taken = TakeFrame(frame);
    if (!taken.ok()) return taken.status();
    if (!*taken) {
      if (end_ == End::kNone) {
        absl::StatusOr<Socket::ReadResult> result = socket_->Read(buffer_, deadline);
        if (!result.ok()) return result.status();
        if (*result == Socket::ReadResult::kEof) end_ = End::kEof;
        if (*result == Socket::ReadResult::kReset) end_ = End::kReset;
        continue;
      }
      if (end_ == End::kEof && !buffer_.empty()) return Broken("an end in mid frame");
      return Received{end_ == End::kEof ? Received::kEof : Received::kReset};
    }
    Received received;
    received.rsv = frame.rsv;
    received.frames = 1;
    switch (frame.opcode) {
      case kPingFrame:
      case kPongFrame:
        received.kind = frame.opcode == kPingFrame ? Received::kPing : Received::kPong;
        received.payload = std::move(frame.payload);
        return received;
      case kCloseFrame:
        received.kind = Received::kClose;
        received.close_code = 1005;
        if (frame.payload.size() == 1) return Broken("a Close body of one byte");
        if (frame.payload.size() >= 2) {
          received.close_code = static_cast<uint16_t>(static_cast<uint8_t>(frame.payload[0]) << 8 |
                                                      static_cast<uint8_t>(frame.payload[1]));
          received.payload = frame.payload.substr(2);
          if (!IsUtf8(received.payload)) return Broken("a close reason that is not UTF-8");
        }
        return received;
      default: {
        absl::StatusOr<bool> whole = AddFragment(std::move(frame), received);
        if (!whole.ok()) return whole.status();
        if (*whole) return received;
      }
    }
  }
}

absl::StatusOr<WebSocketClient::Received> WebSocketClient::ReceiveMessage() {
  return ReceiveMessage(timeout_);
}

absl::StatusOr<WebSocketClient::Received> WebSocketClient::ReceiveMessage(
    std::chrono::milliseconds timeout) {
  const Deadline deadline = After(timeout);
  while (true) {
    const auto left =
        std::chrono::ceil<std::chrono::milliseconds>(deadline - std::chrono::steady_clock::now());
    absl::StatusOr<Received> received = Receive(std::max(left, std::chrono::milliseconds(0)));
    if (!received.ok()) return received;
    if (received->kind == Received::kPing) {
      // Where the pong cannot be sent the connection is going; what it still holds is the news.
      (void)SendPong(received->payload);
    } else if (received->kind != Received::kPong) {
      return received;
    }
  }
}

bool WebSocketClient::ReadAhead(size_t most) {
  if (end_ != End::kNone) return false;
  std::string bytes(most, '\0');
  const ssize_t got = ::recv(socket_->fd(), bytes.data(), most, MSG_DONTWAIT);
  if (got > 0) buffer_.append(bytes, 0, static_cast<size_t>(got));
  if (got == 0) end_ = End::kEof;
  if (got < 0 && (errno == ECONNRESET || errno == EPIPE)) end_ = End::kReset;
  return end_ == End::kNone;
}

absl::StatusOr<WebSocketClient::Received> WebSocketClient::CloseHandshake(uint16_t code,
                                                                          std::string_view reason) {
  if (absl::Status sent = SendClose(code, reason); !sent.ok()) return sent;
  std::optional<Received> close;
  while (true) {
    absl::StatusOr<Received> received = Receive();
    if (!received.ok()) return received;
    if (received->kind == Received::kEof || received->kind == Received::kReset) break;
    if (close) return Broken("frames after Close");
    if (received->kind == Received::kClose) close = *std::move(received);
  }
  if (!close) return Broken("the connection ended without Close");
  return *std::move(close);
}

bool WebSocketClient::NothingArrivesWithin(std::chrono::milliseconds duration) {
  if (!buffer_.empty() || end_ != End::kNone) return false;
  pollfd poll_fd{fd(), POLLIN | POLLRDHUP, 0};
  const Deadline deadline = After(duration);
  while (true) {
    const auto left =
        std::chrono::ceil<std::chrono::milliseconds>(deadline - std::chrono::steady_clock::now());
    const int wait = static_cast<int>(std::max<long long>(left.count(), 0));
    const int ready = ::poll(&poll_fd, 1, wait);
    if (ready > 0) return false;
    if (ready == 0 && wait == 0) return true;
  }
}

void WebSocketClient::Reset() { socket_->Reset(); }
void WebSocketClient::CloseSocket() { socket_->Close(); }
void WebSocketClient::ShutdownWrite() { socket_->ShutdownWrite(); }
int WebSocketClient::fd() const { return socket_->fd(); }

}  // namespace hookcast::testing
