#pragma once

#include <cstdint>
#include <string>
#include <string_view>

namespace hookcast::websocket::testing {

// Messages compressed as a client does it, by zlib and without the product's own code.

// As RFC 7692, section 7.2.1, has it, each message for itself.
std::string Deflated(std::string_view message, int window_bits = 15);
// One final block, as section 7.2.3.4 has it: with a byte 00 behind.
std::string DeflatedFinal(std::string_view message);
// Each piece in a block of its own.
std::string DeflatedInPieces(std::string_view message, size_t piece);

// What a client gets of a compressed payload; fails the process where that is broken. A window that
// is smaller than what the sender used is such a case.
std::string Inflated(std::string_view payload, int window_bits = 15);

// `size` bytes that cannot be compressed; the same each time.
std::string Noise(size_t size, uint32_t seed = 1);

}  // namespace hookcast::websocket::testing
