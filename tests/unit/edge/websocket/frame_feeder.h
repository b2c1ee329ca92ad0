#pragma once

#include <cstddef>
#include <cstdint>
#include <ostream>
#include <string>
#include <string_view>
#include <vector>

#include "edge/websocket/frame_reader.h"

namespace hookcast::websocket::testing {

// One event of a reader, with all that it lets be asked.
struct Told {
  FrameReader::Event event;
  MessageKind kind = MessageKind::kText;  // of kMessage
  uint16_t code = 0;                      // of kClose and kError
  std::string text;                       // the payload, or the error's reason
  bool compressed = false;                // of kMessage

  bool operator==(const Told&) const = default;
};

std::ostream& operator<<(std::ostream& out, const Told& told);

Told TextTold(std::string_view text);
Told BinaryTold(std::string_view bytes);
Told CompressedTold(MessageKind kind, std::string_view payload);
Told PingTold(std::string_view payload);
Told PongTold(std::string_view payload);
Told CloseTold(uint16_t code, std::string_view reason = "");
// The reason is not compared by tests that name none.
Told ErrorTold(uint16_t code, std::string_view reason);

// Feeds a reader as a connection does: pieces in buffers of exactly their size, so that a sanitizer
// sees a read past the end, and what was left over in front of the next piece.
class FrameFeeder {
 public:
  explicit FrameFeeder(const FrameReader::Limits& limits) : reader_(limits) {}

  void Feed(std::string_view piece);

  const std::vector<Told>& told() const { return told_; }
  const FrameReader& reader() const { return reader_; }
  const std::string& leftover() const { return leftover_; }
  size_t most_leftover() const { return most_leftover_; }
  // False once a promise of the reader's header was broken: see Feed's source.
  bool sound() const { return sound_; }

 private:
  FrameReader reader_;
  std::vector<Told> told_;
  std::string leftover_;
  size_t most_leftover_ = 0;
  bool failed_ = false;
  bool sound_ = true;
};

// What a new reader tells of these pieces, one after the other.
std::vector<Told> TellPieces(const FrameReader::Limits& limits,
                             const std::vector<std::string_view>& pieces);

}  // namespace hookcast::websocket::testing
