#pragma once

#include <cstddef>
#include <memory>
#include <string_view>
#include <vector>

#include "edge/websocket/frame_reader.h"

struct z_stream_s;

namespace hookcast::websocket {

// Inflates whole compressed messages (RFC 7692, section 7.2.2), each for itself
// (client_no_context_takeover), whatever window they were compressed with. About 40 KiB, and a
// buffer for one message.
//
// Takes what section 7.2.1 lets a client send: several blocks of any type, final ones among them,
// with more behind. Stops at the limit: a message that would be larger costs no more than one of
// that size.
//
// Thread: one at a time.
class Inflater {
 public:
  Inflater();
  ~Inflater();
  Inflater(const Inflater&) = delete;
  Inflater& operator=(const Inflater&) = delete;

  // Null, and *message is the message, valid until the next call of anything here; a text is UTF-8.
  // Or what is wrong: 1007 for data that is damaged or cut, or text that is no UTF-8; 1009 for more
  // than `most_bytes`.
  const ProtocolError* Inflate(MessageKind kind, std::string_view payload, size_t most_bytes,
                               std::string_view* message);

  // Lets go of the buffer that a large message needed.
  void Trim();

 private:
  enum class Outcome { kDone, kTooBig, kDamaged };

  Outcome InflateAll(std::string_view payload, size_t most_bytes);
  // Goes on with all of `input`. *ended: it ended with a final block.
  Outcome Feed(std::string_view input, size_t most_bytes, bool* ended);
  void Grow(size_t most_bytes);

  std::unique_ptr<z_stream_s> stream_;
  std::vector<char> buffer_;
  size_t size_ = 0;  // of what was inflated so far
};

}  // namespace hookcast::websocket
