#include "tests/unit/edge/websocket/frame_feeder.h"

#include <span>

namespace hookcast::websocket::testing {
namespace {

using Event = FrameReader::Event;

std::string_view NameOf(const Told& told) {
  switch (told.event) {
    case Event::kNeedMore:
      return "need more";
    case Event::kMessage:
      if (told.compressed) return told.kind == MessageKind::kText ? "packed text" : "packed binary";
      return told.kind == MessageKind::kText ? "text" : "binary";
    case Event::kPing:
      return "ping";
    case Event::kPong:
      return "pong";
    case Event::kClose:
      return "close";
    case Event::kError:
      return "error";
  }
  return "?";
}

}  // namespace

std::ostream& operator<<(std::ostream& out, const Told& told) {
  out << NameOf(told);
  if (told.code != 0) out << ' ' << told.code;
  if (told.text.size() <= 200) return out << " '" << told.text << '\'';
  return out << ' ' << told.text.size() << " bytes";
}

Told TextTold(std::string_view text) {
  return {Event::kMessage, MessageKind::kText, 0, std::string(text)};
}
Told BinaryTold(std::string_view bytes) {
  return {Event::kMessage, MessageKind::kBinary, 0, std::string(bytes)};
}
Told CompressedTold(MessageKind kind, std::string_view payload) {
  return {Event::kMessage, kind, 0, std::string(payload), true};
}
Told PingTold(std::string_view payload) {
  return {Event::kPing, MessageKind::kText, 0, std::string(payload)};
}
Told PongTold(std::string_view payload) {
  return {Event::kPong, MessageKind::kText, 0, std::string(payload)};
}
Told CloseTold(uint16_t code, std::string_view reason) {
  return {Event::kClose, MessageKind::kText, code, std::string(reason)};
}
Told ErrorTold(uint16_t code, std::string_view reason) {
  return {Event::kError, MessageKind::kText, code, std::string(reason)};
}

void FrameFeeder::Feed(std::string_view piece) {
  std::vector<char> buffer(leftover_.begin(), leftover_.end());
  buffer.insert(buffer.end(), piece.begin(), piece.end());
  buffer.shrink_to_fit();
  const std::string before(buffer.begin(), buffer.end());

  std::span<char> input(buffer);
  for (;;) {
    const size_t left_before = input.size();
    const Event event = reader_.Next(&input);
    // Bytes are used from the front, and an event uses at least one.
    const char* const end = buffer.data() + buffer.size();
    sound_ &= input.size() <= left_before && input.data() + input.size() == end;
    if (event == Event::kNeedMore) break;
    if (event == Event::kError) {
      sound_ &= input.empty();
      if (!failed_) {
        told_.push_back(ErrorTold(reader_.error().close_code, reader_.error().reason));
      }
      failed_ = true;
      break;
    }
    sound_ &= !failed_ && input.size() < left_before;
    Told told{.event = event, .text = std::string(reader_.payload())};
    if (event == Event::kMessage) {
      told.kind = reader_.kind();
      told.compressed = reader_.compressed();
    }
    if (event == Event::kClose) told.code = reader_.close_code();
    told_.push_back(std::move(told));
  }
  leftover_.assign(input.begin(), input.end());
  // What is left stands as it came: it was not unmasked.
  sound_ &= before.ends_with(leftover_);
  most_leftover_ = std::max(most_leftover_, leftover_.size());
}

std::vector<Told> TellPieces(const FrameReader::Limits& limits,
                             const std::vector<std::string_view>& pieces) {
  FrameFeeder feeder(limits);
  for (const std::string_view piece : pieces) feeder.Feed(piece);
  return feeder.told();
}

}  // namespace hookcast::websocket::testing
