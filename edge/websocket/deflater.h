#pragma once

#include <cstddef>
#include <cstdint>
#include <memory>
#include <optional>
#include <string_view>
#include <vector>

struct z_stream_s;

namespace hookcast::websocket {

// Compresses whole messages as RFC 7692, section 7.2.1, has it, each for itself
// (server_no_context_takeover), so that one compressed message serves all peers whose window is at
// least this one. About 260 KiB with the large window, 140 KiB with the small one.
//
// Thread: one at a time.
class Deflater {
 public:
  // REQUIRES: kSmallWindow or kLargeWindow.
  explicit Deflater(uint8_t window_bits);
  ~Deflater();
  Deflater(const Deflater&) = delete;
  Deflater& operator=(const Deflater&) = delete;

  // The message's compressed form, valid until the next call of anything here. Nothing where that
  // would not be smaller than the message.
  std::optional<std::string_view> Deflate(std::string_view message);

  // Lets go of the buffer that a large message needed.
  void Trim();

 private:
  std::unique_ptr<z_stream_s> stream_;
  std::vector<char> buffer_;
};

}  // namespace hookcast::websocket
