#include "broker/base/ids.h"

#include <gtest/gtest.h>

#include <random>
#include <set>

namespace hookcast {
namespace {

constexpr Incarnation kNode{0x00ab54a98ceb1f0a};

TEST(Incarnation, IsWrittenWithSixteenDigits) {
  EXPECT_EQ(kNode.ToString(), "00ab54a98ceb1f0a");
  EXPECT_EQ(Incarnation{0}.ToString(), "0000000000000000");
  EXPECT_EQ(Incarnation{UINT64_MAX}.ToString(), "ffffffffffffffff");
}

TEST(Incarnation, NoTwoDrawsAgreeInEitherHalf) {
  std::set<uint64_t> high;
  std::set<uint64_t> low;
  for (int i = 0; i < 100; ++i) {
    const uint64_t value = Incarnation::Random().value;
    high.insert(value >> 32);
    low.insert(value & UINT32_MAX);
  }
  EXPECT_GE(high.size(), 99);
  EXPECT_GE(low.size(), 99);
}

TEST(PeerId, IsWrittenAsIncarnationShardAndSequence) {
  EXPECT_EQ((PeerId{kNode, ShardId{0}, 1}).ToString(), "00ab54a98ceb1f0a-0-1");
  EXPECT_EQ((PeerId{kNode, ShardId{31}, 0xdeadbeef}).ToString(), "00ab54a98ceb1f0a-1f-deadbeef");
  EXPECT_EQ((PeerId{Incarnation{UINT64_MAX}, ShardId{UINT16_MAX}, UINT64_MAX}).ToString(),
            "ffffffffffffffff-ffff-ffffffffffffffff");
}

TEST(PeerId, ParsesEverythingThatItWrites) {
  std::mt19937_64 random(1);
  for (int i = 0; i < 10000; ++i) {
    // Sequences of all lengths, not long ones alone.
    const PeerId id{Incarnation{random()}, static_cast<ShardId>(random() >> 48 >> random() % 16),
                    random() >> random() % 64};
    EXPECT_EQ(PeerId::Parse(id.ToString()), id) << id.ToString();
  }
  const PeerId zero{};
  EXPECT_EQ(PeerId::Parse(zero.ToString()), zero);
}

TEST(PeerId, RefusesEverySpellingButItsOwn) {
  using namespace std::string_view_literals;
  for (const std::string_view text : {
           ""sv,
           "-"sv,
           "--"sv,
           "00ab54a98ceb1f0a"sv,
           "00ab54a98ceb1f0a-"sv,
           "00ab54a98ceb1f0a-0"sv,
           "00ab54a98ceb1f0a-0-"sv,
           "00ab54a98ceb1f0a--1"sv,
           "-0-1"sv,
           "ab54a98ceb1f0a-0-1"sv,     // too short an incarnation
           "000ab54a98ceb1f0a-0-1"sv,  // too long
           "00AB54A98CEB1F0A-0-1"sv,
           "00ab54a98ceb1f0a-0-A"sv,
           "00ab54a98ceb1f0a-00-1"sv,
           "00ab54a98ceb1f0a-0-01"sv,
           "00ab54a98ceb1f0a-0x1-1"sv,
           "00ab54a98ceb1f0a-+1-1"sv,
           "00ab54a98ceb1f0a-0--1"sv,
           "00ab54a98ceb1f0a-10000-1"sv,              // past the last shard
           "00ab54a98ceb1f0a-0-10000000000000000"sv,  // past 64 bits
           "00ab54a98ceb1f0a-0-1-"sv,
           "00ab54a98ceb1f0a-0-1-1"sv,
           " 00ab54a98ceb1f0a-0-1"sv,
           "00ab54a98ceb1f0a-0-1 "sv,
           "00ab54a98ceb1f0a-0-1\n"sv,
           "00ab54a98ceb1f0a-0-1\0"sv,
           "00ab54a98ceb1f0a-0-\0"sv,
           "00ab54a98ceb1f0a\0-0-1"sv,
           "00ab54a98ceb1f0g-0-1"sv,
           "00ab54a98ceb1f0a-m1"sv,  // a message's
       }) {
    EXPECT_EQ(PeerId::Parse(text), std::nullopt) << testing::PrintToString(text);
  }
}

// Whatever is accepted is written back as it came, so no peer has two spellings.
TEST(PeerId, ATextChangedInOneByteIsAnotherPeerOrNone) {
  const PeerId id{kNode, ShardId{0x1f}, 0x2a};
  const std::string text = id.ToString();
  for (size_t i = 0; i < text.size(); ++i) {
    for (int byte = 0; byte < 256; ++byte) {
      std::string changed = text;
      changed[i] = static_cast<char>(byte);
      const auto parsed = PeerId::Parse(changed);
      if (!parsed) continue;
      EXPECT_EQ(parsed->ToString(), changed);
      EXPECT_EQ(*parsed == id, changed == text);
    }
  }
}

TEST(MessageId, IsWrittenApartFromPeers) {
  const MessageId id{kNode, 0x2a};
  EXPECT_EQ(id.ToString(), "00ab54a98ceb1f0a-m2a");
  EXPECT_EQ(PeerId::Parse(id.ToString()), std::nullopt);
}

}  // namespace
}  // namespace hookcast
