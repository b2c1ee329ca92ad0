#include "tests/integration/client/accept_key.h"

#include <array>
#include <bit>
#include <cstdint>
#include <random>

#include "absl/strings/escaping.h"

namespace hookcast::testing {
namespace {

// FIPS 180-4, section 6.1.
std::string Sha1(std::string message) {
  const uint64_t bits = message.size() * 8;
  message.push_back('\x80');
  while (message.size() % 64 != 56) message.push_back('\0');
  for (int shift = 56; shift >= 0; shift -= 8) message.push_back(static_cast<char>(bits >> shift));

  std::array<uint32_t, 5> hash = {0x67452301, 0xefcdab89, 0x98badcfe, 0x10325476, 0xc3d2e1f0};
  for (size_t block = 0; block < message.size(); block += 64) {
    std::array<uint32_t, 80> w{};
    for (size_t i = 0; i < 64; ++i) {
      w[i / 4] = w[i / 4] << 8 | static_cast<uint8_t>(message[block + i]);
    }
    for (size_t t = 16; t < 80; ++t) {
      w[t] = std::rotl(w[t - 3] ^ w[t - 8] ^ w[t - 14] ^ w[t - 16], 1);
    }
    auto [a, b, c, d, e] = hash;
    for (size_t t = 0; t < 80; ++t) {
      const auto [f, k] = t < 20   ? std::pair((b & c) | (~b & d), 0x5a827999u)
                          : t < 40 ? std::pair(b ^ c ^ d, 0x6ed9eba1u)
                          : t < 60 ? std::pair((b & c) | (b & d) | (c & d), 0x8f1bbcdcu)
                                   : std::pair(b ^ c ^ d, 0xca62c1d6u);
      const uint32_t next = std::rotl(a, 5) + f + e + k + w[t];
      e = d;
      d = c;
      c = std::rotl(b, 30);
      b = a;
      a = next;
    }
    hash = {hash[0] + a, hash[1] + b, hash[2] + c, hash[3] + d, hash[4] + e};
  }

  std::string digest;
  for (const uint32_t word : hash) {
    for (int shift = 24; shift >= 0; shift -= 8) digest.push_back(static_cast<char>(word >> shift));
  }
  return digest;
}

}  // namespace

std::string NewWebSocketKey() {
  std::random_device random;
  std::string bytes;
  for (int i = 0; i < 16; ++i) bytes.push_back(static_cast<char>(random()));
  return absl::Base64Escape(bytes);
}

std::string WebSocketAccept(std::string_view key) {
  return absl::Base64Escape(Sha1(std::string(key) + "258EAFA5-E914-47DA-95CA-C5AB0DC85B11"));
}

}  // namespace hookcast::testing
