#include "edge/websocket/inflater.h"

#include <gtest/gtest.h>

#include <string>
#include <vector>

#include "tests/unit/edge/websocket/deflate_samples.h"

namespace hookcast::websocket {
namespace {

using namespace std::string_literals;
using testing::Deflated;
using testing::DeflatedFinal;
using testing::DeflatedInPieces;
using testing::Noise;

constexpr size_t kNoLimit = 64 << 20;

std::string Inflate(Inflater& inflater, std::string_view payload, size_t most = kNoLimit,
                    MessageKind kind = MessageKind::kBinary) {
  std::string_view message;
  const ProtocolError* error = inflater.Inflate(kind, payload, most, &message);
  if (error != nullptr) {
    return "error " + std::to_string(error->close_code) + ": " + std::string(error->reason);
  }
  return std::string(message);
}

std::string Inflate(std::string_view payload, size_t most = kNoLimit,
                    MessageKind kind = MessageKind::kBinary) {
  Inflater inflater;
  return Inflate(inflater, payload, most, kind);
}

const std::string kDamaged = "error 1007: compressed message is damaged, or not whole";
const std::string kTooBig = "error 1009: message is larger than allowed once inflated";
const std::string kBadText = "error 1007: compressed text is not valid UTF-8";

// The payloads of RFC 7692, section 7.2.3, byte for byte.
TEST(InflaterTest, ReadsTheExamplesOfTheStandard) {
  // 7.2.3.1: one compressed block.
  EXPECT_EQ(Inflate("\xf2\x48\xcd\xc9\xc9\x07\x00"s), "Hello");
  // 7.2.3.3: a block that is not compressed.
  EXPECT_EQ(Inflate("\x00\x05\x00\xfa\xff\x48\x65\x6c\x6c\x6f\x00"s), "Hello");
  // 7.2.3.4: a block with BFINAL.
  EXPECT_EQ(Inflate("\xf3\x48\xcd\xc9\xc9\x07\x00\x00"s), "Hello");
  // 7.2.3.5: two blocks.
  EXPECT_EQ(Inflate("\xf2\x48\x05\x00\x00\x00\xff\xff\xca\xc9\xc9\x07\x00"s), "Hello");
  // 7.2.3.6: nothing.
  EXPECT_EQ(Inflate("\x00"s), "");
}

// 7.2.3.2: the second Hello refers to the first, which nobody may who agreed not to.
TEST(InflaterTest, KeepsNoContextFromOneMessageToTheNext) {
  Inflater inflater;
  EXPECT_EQ(Inflate(inflater, "\xf2\x48\xcd\xc9\xc9\x07\x00"s), "Hello");
  EXPECT_EQ(Inflate(inflater, "\xf2\x00\x11\x00\x00"s), kDamaged);
  EXPECT_EQ(Inflate(inflater, "\xf2\x48\xcd\xc9\xc9\x07\x00"s), "Hello");
}

TEST(InflaterTest, ReadsEachWindow) {
  const std::string message = Noise(600) + Noise(600) + std::string(40'000, 'x') + Noise(600);
  for (int bits = 9; bits <= 15; ++bits) EXPECT_EQ(Inflate(Deflated(message, bits)), message);
}

TEST(InflaterTest, ReadsManyBlocks) {
  std::string message;
  for (int i = 0; i < 2000; ++i) message.append("line ").append(std::to_string(i % 50)).append(";");
  for (const size_t piece : {1, 3, 100, 5000}) {
    EXPECT_EQ(Inflate(DeflatedInPieces(message, piece)), message) << piece;
  }
}

// Section 7.2.1: blocks with and without BFINAL may follow each other; what is behind a final one
// begins with the next byte.
TEST(InflaterTest, ReadsWhatFollowsAFinalBlock) {
  const std::string final = DeflatedFinal("Hello, ");
  EXPECT_EQ(Inflate(final.substr(0, final.size() - 1) + Deflated("world")), "Hello, world");
  EXPECT_EQ(Inflate(final + "\x00\x00\xff\xff"s + Deflated("world")), "Hello, world");
  const std::string twice = final.substr(0, final.size() - 1) + DeflatedFinal("world");
  EXPECT_EQ(Inflate(twice), "Hello, world");
  // It may refer to what came before: the whole of 7.2.3.1, and the second message of 7.2.3.2.
  EXPECT_EQ(Inflate("\xf3\x48\xcd\xc9\xc9\x07\x00\xf2\x00\x11\x00\x00"s), "HelloHello");
  // A client that ends with a final block, and flushes nothing, leaves no tail out.
  EXPECT_EQ(Inflate(final.substr(0, final.size() - 1)), "Hello, ");
  // What follows is judged as well.
  EXPECT_EQ(Inflate(final.substr(0, final.size() - 1) + "\x07"s), kDamaged);
}

TEST(InflaterTest, TakesAnEmptyMessageInEachForm) {
  EXPECT_EQ(Inflate(""), "");
  EXPECT_EQ(Inflate(Deflated("")), "");
  EXPECT_EQ(Inflate(DeflatedFinal("")), "");
  EXPECT_EQ(Inflate("\x02\x00"s), "");  // a fixed block with nothing in it, before the flush
  EXPECT_EQ(Inflate("", 0), "");
}

TEST(InflaterTest, RefusesWhatIsDamaged) {
  EXPECT_EQ(Inflate("\x07"s), kDamaged);                                  // no such type of block
  EXPECT_EQ(Inflate("\xff\xff\xff\xff"s), kDamaged);                      // neither
  EXPECT_EQ(Inflate("\x00\x05\x00\xfa\xfe\x48\x65"s), kDamaged);          // lengths do not match
  EXPECT_EQ(Inflate(std::string(40, '\x55')), kDamaged);                  // a broken code
  EXPECT_EQ(Inflate("\x78\x9c\xf2\x48\xcd\xc9\xc9\x07\x00"s), kDamaged);  // zlib's header
}

TEST(InflaterTest, RefusesWhatIsCut) {
  const std::string message = "A message of some length, which is longer than its first half.";
  const std::string payload = Deflated(message);
  for (size_t size = 1; size < payload.size(); ++size) {
    const std::string got = Inflate(payload.substr(0, size));
    // Cut within its last bits it may be whole by the tail that is added.
    if (got != message) {
      EXPECT_EQ(got, kDamaged) << size;
    }
  }
  EXPECT_EQ(Inflate(payload.substr(0, payload.size() / 2)), kDamaged);
  // The tail was not left out.
  EXPECT_EQ(Inflate(payload + "\x00\x00\xff\xff"s), kDamaged);
  // A block that is not compressed, and lacks its end.
  EXPECT_EQ(Inflate("\x00\x05\x00\xfa\xff\x48\x65"s), kDamaged);
}

TEST(InflaterTest, StopsAtTheLimit) {
  const std::string message(10'000, 'x');
  const std::string payload = Deflated(message);
  EXPECT_EQ(Inflate(payload, 10'000), message);
  EXPECT_EQ(Inflate(payload, 9'999), kTooBig);
  EXPECT_EQ(Inflate(payload, 0), kTooBig);
  EXPECT_EQ(Inflate(Deflated(""), 0), "");
  // What is too large is not read on, so that nobody learns whether it is damaged behind that.
  EXPECT_EQ(Inflate(payload.substr(0, payload.size() - 2), 100), kTooBig);
  // Neither where room of an earlier message is left.
  Inflater inflater;
  EXPECT_EQ(Inflate(inflater, payload), message);
  EXPECT_EQ(Inflate(inflater, payload, 9'999), kTooBig);
  EXPECT_EQ(Inflate(inflater, payload, 10'000), message);
  // Limits around the sizes that its room has.
  for (const size_t size : {8191, 8192, 8193, 16384, 65536, 100'000}) {
    const std::string exact = Noise(size);
    EXPECT_EQ(Inflate(Deflated(exact), size), exact);
    EXPECT_EQ(Inflate(Deflated(exact), size - 1), kTooBig);
  }
}

TEST(InflaterTest, ChecksTextOnceItIsWhole) {
  EXPECT_EQ(Inflate(Deflated("caf\xc3\xa9"), kNoLimit, MessageKind::kText), "caf\xc3\xa9");
  EXPECT_EQ(Inflate(Deflated("caf\xc3"), kNoLimit, MessageKind::kText), kBadText);
  EXPECT_EQ(Inflate(Deflated("caf\xc3"), kNoLimit, MessageKind::kBinary), "caf\xc3");
  // A character in two blocks is one character.
  EXPECT_EQ(Inflate(DeflatedInPieces("caf\xc3\xa9", 1), kNoLimit, MessageKind::kText),
            "caf\xc3\xa9");
}

TEST(InflaterTest, GoesOnAfterFaultsAndTrims) {
  Inflater inflater;
  const std::string large(1 << 20, 'y');
  EXPECT_EQ(Inflate(inflater, Deflated(large)), large);
  inflater.Trim();
  EXPECT_EQ(Inflate(inflater, "\x07"s), kDamaged);
  EXPECT_EQ(Inflate(inflater, Deflated("small")), "small");
  EXPECT_EQ(Inflate(inflater, Deflated(large), 100), kTooBig);
  EXPECT_EQ(Inflate(inflater, Deflated(large)), large);
  EXPECT_EQ(Inflate(inflater, ""), "");
}

}  // namespace
}  // namespace hookcast::websocket
