#include "broker/base/utf8.h"

#include <algorithm>
#include <array>
#include <bit>
#include <cstddef>
#include <cstring>

namespace hookcast {
namespace {

// An automaton over bytes. A state's value is where its successor stands in a byte's row of 64
// bits, six bits for each state: a step is a load, which does not wait for the state, and a shift.
enum State : uint8_t {
  kFailed = 0,  // and stays so: where rows are 0
  kComplete = 6,
  // Within a character.
  kLacksOne = 12,
  kLacksTwo = 18,
  kLacksThree = 24,
  // After a first byte that narrows the second: RFC 3629, section 4. E0 and F0 exclude overlong
  // forms, ED surrogates, F4 what lies past U+10FFFF.
  kAfterE0 = 30,
  kAfterED = 36,
  kAfterF0 = 42,
  kAfterF4 = 48,
};

constexpr State FirstByte(int byte) {
  if (byte < 0x80) return kComplete;
  if (byte < 0xC2 || byte > 0xF4) return kFailed;
  if (byte == 0xE0) return kAfterE0;
  if (byte == 0xED) return kAfterED;
  if (byte == 0xF0) return kAfterF0;
  if (byte == 0xF4) return kAfterF4;
  return byte < 0xE0 ? kLacksOne : byte < 0xF0 ? kLacksTwo : kLacksThree;
}

constexpr std::array<uint64_t, 256> kRows = [] {
  std::array<uint64_t, 256> rows{};
  const auto add = [&](State from, int low, int high, State to) {
    for (int byte = low; byte <= high; ++byte) rows[byte] |= uint64_t{to} << from;
  };
  for (int byte = 0; byte < 256; ++byte) add(kComplete, byte, byte, FirstByte(byte));
  add(kLacksOne, 0x80, 0xBF, kComplete);
  add(kLacksTwo, 0x80, 0xBF, kLacksOne);
  add(kLacksThree, 0x80, 0xBF, kLacksTwo);
  add(kAfterE0, 0xA0, 0xBF, kLacksOne);
  add(kAfterED, 0x80, 0x9F, kLacksOne);
  add(kAfterF0, 0x90, 0xBF, kLacksTwo);
  add(kAfterF4, 0x80, 0x8F, kLacksTwo);
  return rows;
}();

inline uint64_t Load(const uint8_t* at) {
  uint64_t word;
  std::memcpy(&word, at, sizeof(word));
  return word;
}

// The first byte from `at` that is not ASCII, or `end`.
inline const uint8_t* SkipAscii(const uint8_t* at, const uint8_t* end) {
  constexpr uint64_t kHighBits = 0x8080808080808080;
  while (end - at >= 32) {
    if (((Load(at) | Load(at + 8) | Load(at + 16) | Load(at + 24)) & kHighBits) != 0) break;
    at += 32;
  }
  while (end - at >= 8) {
    const uint64_t high = Load(at) & kHighBits;
    if (high != 0) {
      if constexpr (std::endian::native == std::endian::little) {
        return at + std::countr_zero(high) / 8;
      }
      break;
    }
    at += 8;
  }
  while (at != end && *at < 0x80) ++at;
  return at;
}

}  // namespace

Utf8Validator::Utf8Validator() : state_(kComplete) {}

bool Utf8Validator::complete() const { return state_ == kComplete; }

bool Utf8Validator::Feed(std::string_view bytes) {
  // Text that is not ASCII seldom is so for one character alone: step through this much of it
  // before looking for ASCII again.
  constexpr ptrdiff_t kStretch = 32;
  const auto* at = reinterpret_cast<const uint8_t*>(bytes.data());
  const uint8_t* const end = at + bytes.size();
  uint64_t state = state_;
  while (state != kFailed) {
    if (state == kComplete) at = SkipAscii(at, end);
    if (at == end) break;
    const uint8_t* const stretch = at + std::min(kStretch, end - at);
    for (; at != stretch; ++at) state = kRows[*at] >> state & 0x3F;
  }
  state_ = static_cast<uint8_t>(state);
  return state != kFailed;
}

bool IsValidUtf8(std::string_view bytes) {
  Utf8Validator validator;
  return validator.Feed(bytes) && validator.complete();
}

}  // namespace hookcast
