#include "tests/unit/edge/websocket/deflate_samples.h"

#include <zlib.h>

#include <algorithm>
#include <cstdio>
#include <cstdlib>
#include <vector>

namespace hookcast::websocket::testing {
namespace {

void Check(bool good, const char* what) {
  if (good) return;
  std::fprintf(stderr, "deflate_samples: %s\n", what);
  std::abort();
}

Bytef* BytesOf(std::string_view bytes) {
  return reinterpret_cast<Bytef*>(const_cast<char*>(bytes.data()));
}

class Compressor {
 public:
  explicit Compressor(int window_bits) {
    Check(deflateInit2(&stream_, 6, Z_DEFLATED, -window_bits, 8, Z_DEFAULT_STRATEGY) == Z_OK,
          "deflateInit2 failed");
  }
  ~Compressor() { deflateEnd(&stream_); }

  void Add(std::string_view piece, int flush) {
    stream_.next_in = BytesOf(piece);
    stream_.avail_in = static_cast<uInt>(piece.size());
    std::vector<char> room(64 * 1024);
    do {
      stream_.next_out = reinterpret_cast<Bytef*>(room.data());
      stream_.avail_out = static_cast<uInt>(room.size());
      deflate(&stream_, flush);
      out_.append(room.data(), room.size() - stream_.avail_out);
    } while (stream_.avail_out == 0);
  }
  std::string& out() { return out_; }

 private:
  z_stream stream_{};
  std::string out_;
};

std::string WithoutTail(std::string bytes) {
  Check(bytes.ends_with(std::string_view("\0\0\xff\xff", 4)), "no flush");
  bytes.resize(bytes.size() - 4);
  return bytes;
}

}  // namespace

std::string Deflated(std::string_view message, int window_bits) {
  Compressor compressor(window_bits);
  compressor.Add(message, Z_SYNC_FLUSH);
  return WithoutTail(std::move(compressor.out()));
}

std::string DeflatedFinal(std::string_view message) {
  Compressor compressor(15);
  compressor.Add(message, Z_FINISH);
  return std::move(compressor.out()).append(1, '\0');
}

std::string DeflatedInPieces(std::string_view message, size_t piece) {
  Compressor compressor(15);
  do {
    compressor.Add(message.substr(0, piece), Z_SYNC_FLUSH);
    message.remove_prefix(std::min(piece, message.size()));
  } while (!message.empty());
  return WithoutTail(std::move(compressor.out()));
}

std::string Inflated(std::string_view payload, int window_bits) {
  z_stream stream{};
  Check(inflateInit2(&stream, -window_bits) == Z_OK, "inflateInit2 failed");
  const std::string whole = std::string(payload).append("\0\0\xff\xff", 4);
  stream.next_in = BytesOf(whole);
  stream.avail_in = static_cast<uInt>(whole.size());
  std::string out;
  // Small pieces, so that what is referred to has to be in the window.
  std::vector<char> room(16);
  do {
    stream.next_out = reinterpret_cast<Bytef*>(room.data());
    stream.avail_out = static_cast<uInt>(room.size());
    const int result = inflate(&stream, Z_NO_FLUSH);
    Check(result == Z_OK || result == Z_BUF_ERROR, "the payload is broken");
    out.append(room.data(), room.size() - stream.avail_out);
  } while (stream.avail_out == 0 || stream.avail_in > 0);
  inflateEnd(&stream);
  return out;
}

std::string Noise(size_t size, uint32_t seed) {
  std::string bytes(size, '\0');
  for (char& byte : bytes) {
    seed = seed * 1664525 + 1013904223;
    byte = static_cast<char>(seed >> 24);
  }
  return bytes;
}

}  // namespace hookcast::websocket::testing
