#pragma once

#include <cstddef>
#include <cstdint>
#include <memory>
#include <span>
#include <string_view>

namespace hookcast::websocket {

enum class MessageKind : uint8_t { kText, kBinary };

// Why the reader gave up: what the Close frame to the client should say.
struct ProtocolError {
  uint16_t close_code;      // 1002, 1007 or 1009
  std::string_view reason;  // static storage, fits into a Close frame
};

// Reads a client's frames (RFC 6455, section 5) out of bytes as they come, and yields whole
// messages and control frames. One a connection.
//
// How the bytes were cut on their way makes no difference to the events. Each rule is judged with
// the first byte that breaks it: a text with its first bad byte, a size with the announced length.
//
// Messages that permessage-deflate marks as compressed (RFC 7692, section 6) are yielded as they
// came: an Inflater makes the message of them, and judges its text and its size.
//
// Memory: nothing on the heap while no message is cut. Of a message that is, what has come (its
// buffer is at most twice that), never what was announced; nothing for each fragment.
//
// Thread: one at a time.
class FrameReader {
 public:
  struct Limits {
    // 1009 past them. REQUIRES: max_fragments is not 0.
    size_t max_message_bytes = 1 << 20;
    uint32_t max_fragments = 100'000;  // frames of one message
    bool allow_compressed = false;     // permessage-deflate was agreed on
  };

  enum class Event : uint8_t { kNeedMore, kMessage, kPing, kPong, kClose, kError };

  // Most bytes that kNeedMore leaves in the input: a control frame but its last byte.
  static constexpr size_t kMaxLeftover = 2 + 4 + 125 - 1;

  // Most payload bytes that a compressed message may come in. No compressor needs to send more for
  // a message within the limit: the fixed code of deflate has at most nine bits for a byte.
  static constexpr size_t MostCompressed(size_t max_message_bytes) {
    const size_t extra = max_message_bytes / 8 + 64;
    return max_message_bytes > SIZE_MAX - extra ? SIZE_MAX : max_message_bytes + extra;
  }

  // The limits are copied.
  explicit FrameReader(const Limits& limits);
  ~FrameReader();
  FrameReader(const FrameReader&) = delete;
  FrameReader& operator=(const FrameReader&) = delete;

  // Reads up to the end of the next event and advances *input past what it used. Payloads are
  // unmasked in place.
  //
  // kMessage, kPing, kPong: more may follow at once; call again until kNeedMore.
  // kNeedMore: what is left in *input, at most kMaxLeftover bytes, must stand unchanged in front of
  //   the next bytes.
  // kClose: from here on the client's bytes are discarded (section 1.4): Next uses up the input and
  //   returns kNeedMore.
  // kError: so do all later calls; they use up the input.
  Event Next(std::span<char>* input);

  // After kMessage.
  MessageKind kind() const { return kind_; }
  // After kMessage. The payload is its compressed form.
  bool compressed() const { return compressed_; }

  // After kMessage, kPing and kPong; after kClose, its reason. Valid until the next call of Next,
  // and no longer than the input: a message that came whole in one frame is not copied. Text is
  // UTF-8 where it is not compressed.
  std::string_view payload() const { return payload_; }

  // After kClose. 1005 where the frame had none.
  uint16_t close_code() const { return close_code_; }

  // REQUIRES: Next returned kError.
  const ProtocolError& error() const { return *error_; }

  const Limits& limits() const { return limits_; }

  // The message that kMessage told is not what it should be, as whoever inflated it found: from the
  // next call on Next returns kError. What was held is freed.
  void Fail(const ProtocolError& error);

  // Nothing of a message is held. A message that was cut is held until the Next after its kMessage,
  // for which an empty input will do.
  bool idle() const { return held_ == nullptr; }

  // Payload bytes held.
  size_t buffered_bytes() const;

 private:
  struct Header;
  struct Held;

  Event Read(std::span<char>* input);
  // kNeedMore: the header is not whole. kError: `error_` says why. Else kMessage, and *header is
  // filled in.
  Event ReadHeader(std::span<const char> input, Header* header);
  // REQUIRES, as TakeMessage and TakePayload: the frame is whole.
  Event TakeControl(const Header& header, std::span<char>* input);
  Event TakeMessage(const Header& header, std::span<char>* input);
  static std::string_view TakePayload(const Header& header, std::span<char>* input);
  // The header's frame is the one that TakePart goes on with.
  void BeginFrame(const Header& header, std::span<char>* input);
  // What has come of a frame of a message that is cut.
  Event TakePart(std::span<char>* input);
  Event Failed(const ProtocolError& error);
  // Text that can be judged as it comes.
  bool IsPlainText() const { return kind_ == MessageKind::kText && !compressed_; }

  Limits limits_;
  std::unique_ptr<Held> held_;  // while a message is cut
  std::string_view payload_;
  const ProtocolError* error_ = nullptr;
  uint16_t close_code_ = 0;
  MessageKind kind_ = MessageKind::kText;
  bool compressed_ = false;
  bool closed_ = false;
};

static_assert(sizeof(FrameReader) <= 64, "each idle connection pays for it");

}  // namespace hookcast::websocket
