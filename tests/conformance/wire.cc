#include "tests/conformance/wire.h"

#include <cstdlib>
#include <utility>

#include "absl/strings/str_cat.h"
#include "tests/integration/client/http_reader.h"

namespace hookcast::conformance {
namespace {

using Kind = Event::Kind;

constexpr std::chrono::seconds kPatience{20};

Event Broken(std::string how) {
  Event event;
  event.kind = Kind::kBroken;
  event.broken = std::move(how);
  return event;
}

}  // namespace

std::string Describe(const Event& event) {
  switch (event.kind) {
    case Kind::kResponse:
      return absl::StrCat("status ", event.response.status, " ", event.response.body);
    case Kind::kFrame:
      return Describe(event.frame);
    case Kind::kEnd:
      return "the end of the connection";
    case Kind::kReset:
      return "a reset";
    case Kind::kBroken:
      return absl::StrCat("a breach of the standard: ", event.broken);
    case Kind::kNothing:
      return "nothing";
  }
  return "";
}

std::unique_ptr<Wire> Wire::Connect(const std::string& host_port, bool to_head) {
  auto socket = testing::Socket::Connect(host_port, testing::After(kPatience));
  if (!socket.ok()) return nullptr;
  return std::unique_ptr<Wire>(new Wire(*std::move(socket), to_head));
}

bool Wire::Send(std::string_view bytes, size_t piece) {
  const testing::Deadline deadline = testing::After(kPatience);
  for (; !bytes.empty(); bytes.remove_prefix(std::min(piece, bytes.size()))) {
    if (!socket_->Send(bytes.substr(0, piece), deadline).ok()) return false;
  }
  return true;
}

Event Wire::Next(std::chrono::milliseconds limit) {
  const testing::Deadline deadline = testing::After(limit);
  for (;;) {
    if (auto event = upgraded_ ? TakeFrame() : TakeResponse()) return *std::move(event);
    const auto read = socket_->Read(received_, deadline);
    Event event;
    if (!read.ok()) return event;
    if (*read == testing::Socket::ReadResult::kData) continue;
    if (!received_.empty()) return Broken("the connection ended in the middle of an answer");
    event.kind = *read == testing::Socket::ReadResult::kEof ? Kind::kEnd : Kind::kReset;
    return event;
  }
}

std::optional<Event> Wire::TakeResponse() {
  Event event;
  event.kind = Kind::kResponse;
  const auto head = testing::ParseHead(received_, event.response);
  if (!head.ok()) return Broken(std::string(head.status().message()));
  if (*head == 0) return std::nullopt;
  upgraded_ = event.response.status == 101;
  const std::string length = event.response.header("Content-Length");
  const size_t body = upgraded_ || to_head_ ? 0 : std::strtoul(length.c_str(), nullptr, 10);
  if (received_.size() < *head + body) return std::nullopt;
  event.response.body = received_.substr(*head, body);
  received_.erase(0, *head + body);
  return event;
}

std::optional<Event> Wire::TakeFrame() {
  const auto at = [&](size_t i) { return static_cast<uint8_t>(received_[i]); };
  if (received_.size() < 2) return std::nullopt;
  Event event;
  event.kind = Kind::kFrame;
  Frame& frame = event.frame;
  frame.fin = (at(0) & 0x80) != 0;
  frame.rsv = at(0) >> 4 & 7;
  frame.opcode = at(0) & 15;
  if ((at(1) & 0x80) != 0) return Broken("a server's frame is masked");
  uint64_t length = at(1) & 0x7F;
  size_t head = 2;
  if (length >= 126) {
    const uint64_t least = length == 126 ? 126 : 65536;
    head += length == 126 ? 2 : 8;
    if (received_.size() < head) return std::nullopt;
    length = 0;
    for (size_t i = 2; i < head; ++i) length = length << 8 | at(i);
    if (length < least) return Broken("a length is not in its shortest form");
  }
  if ((frame.opcode > 2 && frame.opcode < 8) || frame.opcode > 10) return Broken("opcode");
  if (frame.opcode >= 8 && (!frame.fin || length > 125)) return Broken("a control frame");
  if (received_.size() - head < length) return std::nullopt;
  frame.payload = received_.substr(head, length);
  received_.erase(0, head + length);
  return event;
}

}  // namespace hookcast::conformance
