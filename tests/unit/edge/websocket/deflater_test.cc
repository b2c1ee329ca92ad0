#include "edge/websocket/deflater.h"

#include <gtest/gtest.h>

#include <string>

#include "edge/websocket/deflate_offer.h"
#include "tests/unit/edge/websocket/deflate_samples.h"

namespace hookcast::websocket {
namespace {

using testing::Inflated;
using testing::Noise;

std::string Repeated(std::string_view what, size_t times) {
  std::string text;
  for (size_t i = 0; i < times; ++i) text.append(what);
  return text;
}

TEST(DeflaterTest, WhatItMakesInflatesToTheMessage) {
  for (const uint8_t bits : {kSmallWindow, kLargeWindow}) {
    Deflater deflater(bits);
    for (const std::string& message :
         {Repeated("a", 100), Repeated("{\"type\":\"position\",\"x\":12,\"y\":7}", 40),
          Repeated("0123456789abcdef", 100'000), std::string(1 << 20, '\0')}) {
      const auto compressed = deflater.Deflate(message);
      ASSERT_TRUE(compressed);
      EXPECT_LT(compressed->size(), message.size());
      EXPECT_EQ(Inflated(*compressed, bits), message);
    }
  }
}

// Section 7.2.1: the four bytes that a flush ends with are left out.
TEST(DeflaterTest, LeavesTheTailOfTheFlushOut) {
  Deflater deflater(kLargeWindow);
  EXPECT_EQ(deflater.Deflate("aaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaa"),
            std::string_view("\x4a\x4c\x24\x0e\x00\x00", 6));
}

TEST(DeflaterTest, ASmallWindowIsKeptTo) {
  // The second half is the first again, further back than 512 bytes.
  const std::string half = Noise(4000);
  const std::string message = half + half;
  Deflater large(kLargeWindow);
  const auto compressed = large.Deflate(message);
  ASSERT_TRUE(compressed);
  EXPECT_LT(compressed->size(), 4100u);
  EXPECT_FALSE(Deflater(kSmallWindow).Deflate(message));

  const std::string near = Repeated(Noise(200), 20);
  Deflater small(kSmallWindow);
  const auto by_small = small.Deflate(near);
  ASSERT_TRUE(by_small);
  EXPECT_LT(by_small->size(), 300u);
  EXPECT_EQ(Inflated(*by_small, 9), near);
}

TEST(DeflaterTest, NoMessageRefersToAnother) {
  Deflater deflater(kLargeWindow);
  const std::string message = Repeated("the same each time. ", 10);
  const std::string first(deflater.Deflate(message).value());
  EXPECT_EQ(deflater.Deflate(message), first);
  EXPECT_EQ(deflater.Deflate(message), first);
  EXPECT_EQ(Inflated(first), message);
}

TEST(DeflaterTest, GivesNothingThatIsNotSmaller) {
  Deflater deflater(kLargeWindow);
  EXPECT_FALSE(deflater.Deflate(""));
  EXPECT_FALSE(deflater.Deflate("a"));
  EXPECT_FALSE(deflater.Deflate("Hello"));
  for (const size_t size : {10, 1000, 70'000, 1 << 20}) {
    EXPECT_FALSE(deflater.Deflate(Noise(size))) << size;
  }
  // One that was given up leaves nothing behind.
  EXPECT_EQ(Inflated(deflater.Deflate(Repeated("ab", 50)).value()), Repeated("ab", 50));
  // Equal in size is not smaller, and one byte less is: the lengths grow by one, the sizes more
  // slowly.
  size_t given = 0;
  for (size_t size = 1; size < 40; ++size) {
    const auto compressed = deflater.Deflate(std::string(size, 'x'));
    if (!compressed) {
      EXPECT_EQ(given, 0u) << size;
      continue;
    }
    if (given++ == 0) {
      EXPECT_EQ(compressed->size(), size - 1) << size;
    }
  }
  EXPECT_GT(given, 30u);
}

TEST(DeflaterTest, GoesOnAfterATrim) {
  Deflater deflater(kSmallWindow);
  const std::string large = Repeated("large", 100'000);
  EXPECT_EQ(Inflated(deflater.Deflate(large).value(), 9), large);
  deflater.Trim();
  EXPECT_EQ(Inflated(deflater.Deflate(large).value(), 9), large);
  EXPECT_EQ(Inflated(deflater.Deflate(Repeated("small", 10)).value(), 9), Repeated("small", 10));
}

}  // namespace
}  // namespace hookcast::websocket
