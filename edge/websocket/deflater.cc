#include "edge/websocket/deflater.h"

#include <zlib.h>

#include <cassert>
#include <limits>
#include <new>

#include "edge/websocket/deflate_offer.h"

namespace hookcast::websocket {
namespace {

constexpr size_t kKeptBuffer = 64 * 1024;
constexpr int kMemoryLevel = 8;
// Within two hundredths of the default's size on JSON, in half of its time; and 28 ms in place of
// 182 for a MiB that was made to be hard, for which all peers of the shard wait.
constexpr int kLevel = 2;
// What a flush ends with, and is not sent (section 7.2.1): 00 00 ff ff.
constexpr size_t kTail = 4;

}  // namespace

Deflater::Deflater(uint8_t window_bits) : stream_(std::make_unique<z_stream>()) {
  assert(window_bits == kSmallWindow || window_bits == kLargeWindow);
  // Negative: deflate alone, without zlib's own header.
  if (deflateInit2(stream_.get(), kLevel, Z_DEFLATED, -window_bits, kMemoryLevel,
                   Z_DEFAULT_STRATEGY) != Z_OK) {
    throw std::bad_alloc();  // as new would: nothing else can be wrong with these
  }
}

Deflater::~Deflater() { deflateEnd(stream_.get()); }

std::optional<std::string_view> Deflater::Deflate(std::string_view message) {
  if (message.empty() || message.size() > std::numeric_limits<uInt>::max() - kTail) {
    return std::nullopt;
  }
  z_stream& stream = *stream_;
  deflateReset(&stream);
  // What does not fit into this is not smaller.
  const size_t space = message.size() + kTail;
  if (buffer_.size() < space) buffer_.resize(space);
  stream.next_in = reinterpret_cast<Bytef*>(const_cast<char*>(message.data()));
  stream.avail_in = static_cast<uInt>(message.size());
  stream.next_out = reinterpret_cast<Bytef*>(buffer_.data());
  stream.avail_out = static_cast<uInt>(space);
  deflate(&stream, Z_SYNC_FLUSH);
  // A flush is complete where it left space.
  if (stream.avail_out == 0) return std::nullopt;
  return std::string_view(buffer_.data(), space - stream.avail_out - kTail);
}

void Deflater::Trim() {
  if (buffer_.capacity() > kKeptBuffer) buffer_ = {};
}

}  // namespace hookcast::websocket
