#include "edge/websocket/mask.h"

#include <gtest/gtest.h>

#include <random>
#include <string>

namespace hookcast::websocket {
namespace {

// Section 5.3, as it is written there.
std::string MaskedByTheLetter(std::string bytes, const std::string& key) {
  for (size_t i = 0; i < bytes.size(); ++i) bytes[i] ^= key[i % 4];
  return bytes;
}

std::string Random(std::mt19937& random, size_t bytes) {
  std::string text(bytes, '\0');
  for (char& c : text) c = static_cast<char>(random());
  return text;
}

TEST(MaskKeyTest, MasksAsSection53SaysAtEveryLengthAndAlignment) {
  std::mt19937 random(1);
  for (size_t length = 0; length <= 200; ++length) {
    for (size_t offset = 0; offset < 8; ++offset) {
      const std::string key = Random(random, 4);
      const std::string plain = Random(random, length);
      std::string bytes = Random(random, offset) + plain;
      MaskKey(key.data()).Apply(std::span<char>(bytes).subspan(offset));
      ASSERT_EQ(bytes.substr(offset), MaskedByTheLetter(plain, key)) << length << ' ' << offset;
    }
  }
}

TEST(MaskKeyTest, PiecesGiveTheSameAsTheWhole) {
  std::mt19937 random(2);
  for (int round = 0; round < 2000; ++round) {
    const std::string key = Random(random, 4);
    const std::string plain = Random(random, random() % 300);
    std::string bytes = plain;
    MaskKey mask(key.data());
    for (std::span<char> left(bytes); !left.empty();) {
      const size_t piece = std::min<size_t>(left.size(), random() % 50);
      mask.Apply(left.first(piece));
      left = left.subspan(piece);
    }
    ASSERT_EQ(bytes, MaskedByTheLetter(plain, key));
  }
}

}  // namespace
}  // namespace hookcast::websocket
