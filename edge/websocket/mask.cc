#include "edge/websocket/mask.h"

namespace hookcast::websocket {
namespace {

constexpr size_t kWord = sizeof(uint64_t);

inline void Xor(char* at, uint64_t mask) {
  uint64_t word;
  std::memcpy(&word, at, kWord);
  word ^= mask;
  std::memcpy(at, &word, kWord);
}

}  // namespace

void MaskKey::Apply(std::span<char> bytes) {
  char* at = bytes.data();
  size_t left = bytes.size();
  // The same four bytes twice: right in either byte order.
  const uint64_t mask = uint64_t{key_} << 32 | key_;
  // Four words a turn: the compiler makes vector instructions of them.
  for (; left >= 4 * kWord; at += 4 * kWord, left -= 4 * kWord) {
    Xor(at, mask);
    Xor(at + kWord, mask);
    Xor(at + 2 * kWord, mask);
    Xor(at + 3 * kWord, mask);
  }
  for (; left >= kWord; at += kWord, left -= kWord) Xor(at, mask);

  char key[4];
  std::memcpy(key, &key_, sizeof(key));
  for (size_t i = 0; i < left; ++i) at[i] = static_cast<char>(at[i] ^ key[i % 4]);

  const size_t turn = left % 4;
  if (turn == 0) return;
  char turned[4];
  for (size_t i = 0; i < 4; ++i) turned[i] = key[(i + turn) % 4];
  std::memcpy(&key_, turned, sizeof(key_));
}

}  // namespace hookcast::websocket
