#pragma once

#include <cstddef>
#include <cstdint>
#include <cstring>
#include <span>

namespace hookcast::websocket {

// The masking key of one frame (RFC 6455, section 5.3), turned so that its first byte belongs to
// the next byte of the payload. A payload may thus be unmasked piece by piece.
class MaskKey {
 public:
  MaskKey() = default;
  // `bytes`: the four bytes as they stand in the frame.
  explicit MaskKey(const char* bytes) { std::memcpy(&key_, bytes, sizeof(key_)); }

  // Masks or unmasks in place, and turns the key by as many bytes.
  void Apply(std::span<char> bytes);

 private:
  uint32_t key_ = 0;  // in memory order
};

}  // namespace hookcast::websocket
