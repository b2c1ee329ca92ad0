#include "edge/websocket/frame_reader.h"

#include <algorithm>
#include <cassert>
#include <vector>

#include "broker/base/close_code.h"
#include "broker/base/utf8.h"
#include "edge/websocket/frame_writer.h"
#include "edge/websocket/mask.h"

namespace hookcast::websocket {
namespace {

// Section 5.2.
constexpr uint8_t kFin = 0x80;
constexpr uint8_t kReservedBits = 0x70;  // RSV1 to RSV3
constexpr uint8_t kReserved1 = 0x40;
constexpr uint8_t kOpcodeBits = 0x0F;
constexpr uint8_t kMasked = 0x80;
constexpr uint8_t kLengthBits = 0x7F;
constexpr uint8_t kLength16 = 126;
constexpr uint8_t kLength64 = 127;
constexpr size_t kMaskBytes = 4;

constexpr ProtocolError kReservedBitSet = {
    kCloseProtocolError, "a reserved bit is set, though no extension was agreed on"};
constexpr ProtocolError kReservedBitMisplaced = {
    kCloseProtocolError,
    "a reserved bit is set other than RSV1 of a message's first frame, for permessage-deflate"};
constexpr ProtocolError kUnknownOpcode = {kCloseProtocolError, "unknown opcode"};
constexpr ProtocolError kNothingToContinue = {kCloseProtocolError,
                                              "continuation frame without a message to continue"};
constexpr ProtocolError kMessageUnfinished = {
    kCloseProtocolError, "new message before the last frame of the one before"};
constexpr ProtocolError kControlFragmented = {kCloseProtocolError, "control frame is fragmented"};
constexpr ProtocolError kControlTooLong = {kCloseProtocolError,
                                           "control frame is longer than 125 bytes"};
constexpr ProtocolError kNotMasked = {kCloseProtocolError, "client frame is not masked"};
constexpr ProtocolError kLengthNotMinimal = {kCloseProtocolError,
                                             "length is not in its shortest form"};
constexpr ProtocolError kLengthTopBit = {kCloseProtocolError,
                                         "the highest bit of a 64-bit length is set"};
constexpr ProtocolError kCloseOfOneByte = {kCloseProtocolError,
                                           "close frame of one byte: a code has two"};
constexpr ProtocolError kCloseCodeInvalid = {kCloseProtocolError,
                                             "close code that may not be sent"};
constexpr ProtocolError kCloseReasonInvalid = {kCloseInvalidPayload,
                                               "close reason is not valid UTF-8"};
constexpr ProtocolError kTextInvalid = {kCloseInvalidPayload, "text is not valid UTF-8"};
constexpr ProtocolError kTooBig = {kCloseTooBig, "message is larger than allowed"};
constexpr ProtocolError kTooManyFragments = {kCloseTooBig,
                                             "message has more fragments than allowed"};

inline uint8_t ByteAt(std::span<const char> bytes, size_t at) {
  return static_cast<uint8_t>(bytes[at]);
}

inline uint64_t BigEndian(std::span<const char> bytes, size_t at, size_t count) {
  uint64_t value = 0;
  for (size_t i = 0; i < count; ++i) value = value << 8 | ByteAt(bytes, at + i);
  return value;
}

inline std::string_view View(std::span<const char> bytes) { return {bytes.data(), bytes.size()}; }

}  // namespace

struct FrameReader::Header {
  bool fin;
  bool compressed;
  Opcode opcode;
  size_t size;      // of the header itself
  uint64_t length;  // of the payload
  MaskKey mask;
};

// A message of which a part has come.
struct FrameReader::Held {
  std::vector<char> bytes;
  uint64_t frame_left = 0;  // bytes that the current frame still lacks
  MaskKey mask;             // of the current frame
  uint32_t fragments = 0;
  Utf8Validator utf8;  // of a text so far
  bool last = false;   // the current frame has FIN
  bool told = false;   // kMessage was returned

  void Append(std::span<const char> part) {
    const size_t needed = bytes.size() + part.size();
    if (needed > bytes.capacity()) {
      // Twice what has come keeps the cost linear; the end of the message bounds it where known.
      uint64_t capacity = 2 * needed;
      if (last) capacity = std::min<uint64_t>(capacity, needed + frame_left);
      bytes.reserve(capacity);
    }
    bytes.insert(bytes.end(), part.begin(), part.end());
  }
};

FrameReader::FrameReader(const Limits& limits) : limits_(limits) {
  assert(limits.max_fragments > 0);
}

FrameReader::~FrameReader() = default;

size_t FrameReader::buffered_bytes() const { return held_ == nullptr ? 0 : held_->bytes.size(); }

FrameReader::Event FrameReader::Next(std::span<char>* input) {
  if (held_ != nullptr && held_->told) held_.reset();
  Event event = Event::kNeedMore;
  if (error_ != nullptr) {
    event = Event::kError;
  } else if (!closed_) {
    event = Read(input);
  }
  if (closed_ || error_ != nullptr) *input = input->last(0);
  return event;
}

FrameReader::Event FrameReader::Read(std::span<char>* input) {
  for (;;) {
    if (held_ == nullptr || held_->frame_left == 0) {
      Header header;
      const Event event = ReadHeader(*input, &header);
      if (event != Event::kMessage) return event;
      const bool whole = input->size() - header.size >= header.length;

      if (header.opcode >= Opcode::kClose) {
        return whole ? TakeControl(header, input) : Event::kNeedMore;
      }
      if (header.opcode != Opcode::kContinuation) {
        kind_ = header.opcode == Opcode::kText ? MessageKind::kText : MessageKind::kBinary;
        compressed_ = header.compressed;
        if (header.fin && whole) return TakeMessage(header, input);
      }
      BeginFrame(header, input);
    }
    // A frame that ends without ending its message is no event: go on with the next.
    const Event event = TakePart(input);
    if (event != Event::kNeedMore || held_->frame_left > 0) return event;
  }
}

// The checks stand in the order of the bytes, so that each can be made as soon as its byte is
// there, and a header that comes byte by byte fails for the same reason as one that comes whole.
FrameReader::Event FrameReader::ReadHeader(std::span<const char> input, Header* header) {
  if (input.empty()) return Event::kNeedMore;
  const uint8_t first = ByteAt(input, 0);
  header->fin = (first & kFin) != 0;
  header->opcode = static_cast<Opcode>(first & kOpcodeBits);
  // RFC 7692, section 6: RSV1 of a message's first frame says that the message is compressed.
  const uint8_t reserved = first & kReservedBits;
  const bool begins = header->opcode == Opcode::kText || header->opcode == Opcode::kBinary;
  header->compressed = reserved == kReserved1 && begins && limits_.allow_compressed;
  if (reserved != 0 && !header->compressed) {
    return Failed(limits_.allow_compressed ? kReservedBitMisplaced : kReservedBitSet);
  }
  switch (header->opcode) {
    case Opcode::kContinuation:
      if (held_ == nullptr) return Failed(kNothingToContinue);
      if (held_->fragments >= limits_.max_fragments) return Failed(kTooManyFragments);
      break;
    case Opcode::kText:
    case Opcode::kBinary:
      if (held_ != nullptr) return Failed(kMessageUnfinished);
      break;
    case Opcode::kClose:
    case Opcode::kPing:
    case Opcode::kPong:
      if (!header->fin) return Failed(kControlFragmented);
      break;
    default:
      return Failed(kUnknownOpcode);
  }

  if (input.size() < 2) return Event::kNeedMore;
  const uint8_t second = ByteAt(input, 1);
  if ((second & kMasked) == 0) return Failed(kNotMasked);
  const uint8_t short_length = second & kLengthBits;
  if (header->opcode >= Opcode::kClose) {
    if (short_length > kMaxControlPayload) return Failed(kControlTooLong);
    if (header->opcode == Opcode::kClose && short_length == 1) return Failed(kCloseOfOneByte);
  }

  header->length = short_length;
  header->size = 2;
  if (short_length >= kLength16) {
    const size_t extended = short_length == kLength16 ? 2 : 8;
    header->size += extended;
    if (input.size() < header->size) return Event::kNeedMore;
    header->length = BigEndian(input, 2, extended);
    if (header->length >> 63 != 0) return Failed(kLengthTopBit);
    if (header->length < kLength16 || (short_length == kLength64 && header->length <= 0xFFFF)) {
      return Failed(kLengthNotMinimal);
    }
  }
  if (header->opcode < Opcode::kClose) {
    const bool compressed = begins ? header->compressed : compressed_;
    const size_t most =
        compressed ? MostCompressed(limits_.max_message_bytes) : limits_.max_message_bytes;
    if (header->length > most - buffered_bytes()) return Failed(kTooBig);
  }

  header->size += kMaskBytes;
  if (input.size() < header->size) return Event::kNeedMore;
  header->mask = MaskKey(input.data() + header->size - kMaskBytes);
  return Event::kMessage;
}

FrameReader::Event FrameReader::TakeControl(const Header& header, std::span<char>* input) {
  payload_ = TakePayload(header, input);
  if (header.opcode == Opcode::kPing) return Event::kPing;
  if (header.opcode == Opcode::kPong) return Event::kPong;

  close_code_ = kCloseNoStatus;
  if (!payload_.empty()) {
    close_code_ = static_cast<uint16_t>(BigEndian(payload_, 0, 2));
    if (!IsValidOnWire(close_code_)) return Failed(kCloseCodeInvalid);
    payload_.remove_prefix(2);
    if (!IsValidUtf8(payload_)) return Failed(kCloseReasonInvalid);
  }
  closed_ = true;
  held_.reset();
  return Event::kClose;
}

FrameReader::Event FrameReader::TakeMessage(const Header& header, std::span<char>* input) {
  payload_ = TakePayload(header, input);
  if (IsPlainText() && !IsValidUtf8(payload_)) return Failed(kTextInvalid);
  return Event::kMessage;
}

std::string_view FrameReader::TakePayload(const Header& header, std::span<char>* input) {
  const std::span<char> payload = input->subspan(header.size, header.length);
  *input = input->subspan(header.size + header.length);
  MaskKey(header.mask).Apply(payload);
  return View(payload);
}

void FrameReader::BeginFrame(const Header& header, std::span<char>* input) {
  if (held_ == nullptr) held_ = std::make_unique<Held>();
  held_->frame_left = header.length;
  held_->mask = header.mask;
  held_->last = header.fin;
  ++held_->fragments;
  *input = input->subspan(header.size);
}

FrameReader::Event FrameReader::TakePart(std::span<char>* input) {
  Held& held = *held_;
  const std::span<char> part =
      input->first(static_cast<size_t>(std::min<uint64_t>(held.frame_left, input->size())));
  *input = input->subspan(part.size());
  held.frame_left -= part.size();
  held.mask.Apply(part);
  const bool ends = held.last && held.frame_left == 0;
  if (IsPlainText() && (!held.utf8.Feed(View(part)) || (ends && !held.utf8.complete()))) {
    return Failed(kTextInvalid);
  }
  held.Append(part);
  if (!ends) return Event::kNeedMore;
  held.told = true;
  payload_ = View(held.bytes);
  return Event::kMessage;
}

FrameReader::Event FrameReader::Failed(const ProtocolError& error) {
  Fail(error);
  return Event::kError;
}

void FrameReader::Fail(const ProtocolError& error) {
  error_ = &error;
  payload_ = {};
  held_.reset();
}

}  // namespace hookcast::websocket
