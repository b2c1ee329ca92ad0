#include "edge/websocket/inflater.h"

#include <zlib.h>

#include <algorithm>
#include <cassert>
#include <limits>
#include <new>

#include "broker/base/close_code.h"
#include "broker/base/utf8.h"

namespace hookcast::websocket {
namespace {

constexpr int kWindowBits = 15;
constexpr size_t kFirstBuffer = 8 * 1024;
constexpr size_t kKeptBuffer = 64 * 1024;

// What the sender's flush ended with, and section 7.2.1 has it leave out.
constexpr std::string_view kTail("\x00\x00\xff\xff", 4);

// Of zlib's data_type after inflate: between two blocks, and the bits of the last byte not used.
constexpr int kBetweenBlocks = 128;
constexpr int kBitsLeft = 7;

constexpr ProtocolError kDamaged = {kCloseInvalidPayload,
                                    "compressed message is damaged, or not whole"};
constexpr ProtocolError kTextInvalid = {kCloseInvalidPayload, "compressed text is not valid UTF-8"};
constexpr ProtocolError kTooBig = {kCloseTooBig, "message is larger than allowed once inflated"};

}  // namespace

Inflater::Inflater() : stream_(std::make_unique<z_stream>()) {
  // Negative: deflate alone, without zlib's own header.
  if (inflateInit2(stream_.get(), -kWindowBits) != Z_OK) throw std::bad_alloc();  // as new would
}

Inflater::~Inflater() { inflateEnd(stream_.get()); }

const ProtocolError* Inflater::Inflate(MessageKind kind, std::string_view payload,
                                       size_t most_bytes, std::string_view* message) {
  switch (InflateAll(payload, most_bytes)) {
    case Outcome::kTooBig:
      return &kTooBig;
    case Outcome::kDamaged:
      return &kDamaged;
    case Outcome::kDone:
      break;
  }
  *message = {buffer_.data(), size_};
  if (kind == MessageKind::kText && !IsValidUtf8(*message)) return &kTextInvalid;
  return nullptr;
}

void Inflater::Trim() {
  if (buffer_.capacity() > kKeptBuffer) buffer_ = {};
}

Inflater::Outcome Inflater::InflateAll(std::string_view payload, size_t most_bytes) {
  size_ = 0;
  // An empty message should come as one byte, 00 (section 7.2.3.6); some clients send none.
  if (payload.empty()) return Outcome::kDone;
  z_stream& stream = *stream_;
  inflateReset(&stream);
  bool ended = false;
  Outcome outcome = Feed(payload, most_bytes, &ended);
  // Whoever ended with a final block flushed nothing, and left no tail out.
  if (outcome != Outcome::kDone || ended) return outcome;
  outcome = Feed(kTail, most_bytes, &ended);
  if (outcome != Outcome::kDone) return outcome;
  const bool whole =
      (stream.data_type & kBetweenBlocks) != 0 && (stream.data_type & kBitsLeft) == 0;
  return whole ? Outcome::kDone : Outcome::kDamaged;
}

Inflater::Outcome Inflater::Feed(std::string_view input, size_t most_bytes, bool* ended) {
  assert(input.size() <= std::numeric_limits<uInt>::max());
  z_stream& stream = *stream_;
  stream.next_in = reinterpret_cast<Bytef*>(const_cast<char*>(input.data()));
  stream.avail_in = static_cast<uInt>(input.size());
  for (;;) {
    if (size_ == buffer_.size()) Grow(most_bytes);
    size_t space = std::min<size_t>(buffer_.size() - size_, std::numeric_limits<uInt>::max());
    // One byte over the limit shows that there is more.
    if (most_bytes - size_ < space) space = most_bytes - size_ + 1;
    stream.next_out = reinterpret_cast<Bytef*>(buffer_.data() + size_);
    stream.avail_out = static_cast<uInt>(space);
    const int result = inflate(&stream, Z_NO_FLUSH);
    size_ += space - stream.avail_out;
    if (size_ > most_bytes) return Outcome::kTooBig;
    switch (result) {
      case Z_OK:
      case Z_BUF_ERROR:  // nothing to do: it waits for input
        if (stream.avail_in == 0 && stream.avail_out > 0) return Outcome::kDone;
        break;
      case Z_STREAM_END:
        *ended = stream.avail_in == 0;
        if (*ended) return Outcome::kDone;
        // Section 7.2.1: blocks may follow a final one, from the next byte on, and refer to what
        // came before it. This keeps the window.
        inflateResetKeep(&stream);
        break;
      default:
        return Outcome::kDamaged;
    }
  }
}

void Inflater::Grow(size_t most_bytes) {
  const size_t wanted = std::max(kFirstBuffer, 2 * buffer_.size());
  buffer_.resize(most_bytes < wanted ? most_bytes + 1 : wanted);
}

}  // namespace hookcast::websocket
