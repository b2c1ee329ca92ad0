// Reading a stream of events: whole, cut anywhere, and wrong.

#include "bench/wire/sse.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <string>
#include <string_view>
#include <vector>

#include "absl/strings/str_cat.h"

namespace hookcast::bench {
namespace {

using ::testing::ElementsAre;
using ::testing::HasSubstr;
using Got = SseReader::Got;

// The events as "name|data|last id", and how it ended.
struct Seen {
  std::vector<std::string> events;
  Got last = Got::kNothing;
  std::string error;
};

void Feed(SseReader& reader, std::string_view bytes, Seen& seen) {
  while (seen.last != Got::kBroken) {
    seen.last = reader.Next(bytes);
    if (seen.last == Got::kBroken) seen.error = std::string(reader.error());
    if (seen.last != Got::kEvent) return;
    seen.events.push_back(absl::StrCat(std::string(reader.name()), "|", std::string(reader.data()),
                                       "|", reader.last_event_id()));
  }
}

Seen Read(std::string_view bytes, bool chunked) {
  SseReader reader(chunked);
  Seen seen;
  Feed(reader, bytes, seen);
  return seen;
}

std::string Chunk(std::string_view bytes) {
  return absl::StrCat(absl::Hex(bytes.size()), "\r\n", std::string(bytes), "\r\n");
}

constexpr std::string_view kStream =
    "event: hookcast.open\ndata: {}\n\n"
    "id: 7\ndata: one\ndata:two\ndata\ndata:  three\n\n"
    ": still here\n\nid: 8\n\n"
    "event: named\r\nretry: 1500\r\ndata: x\r\n\r\n";

TEST(SseReaderTest, ReadsNamesIdsAndLinesOfData) {
  EXPECT_THAT(Read(kStream, false).events,
              ElementsAre("hookcast.open|{}|", "|one\ntwo\n\n three|7", "named|x|8"));
}

TEST(SseReaderTest, ReadsTheSameHoweverItIsCut) {
  const auto whole = Read(kStream, false).events;
  const std::string chunked =
      Chunk(kStream.substr(0, 50)) + Chunk(kStream.substr(50, 1)) + Chunk(kStream.substr(51));
  for (const bool in_chunks : {false, true}) {
    const std::string bytes = in_chunks ? chunked : std::string(kStream);
    for (size_t cut = 0; cut <= bytes.size(); ++cut) {
      SseReader reader(in_chunks);
      Seen seen;
      Feed(reader, std::string_view(bytes).substr(0, cut), seen);
      Feed(reader, std::string_view(bytes).substr(cut), seen);
      ASSERT_EQ(seen.events, whole) << "cut at " << cut;
      ASSERT_TRUE(reader.between_events());
    }
  }
}

TEST(SseReaderTest, ABlockWithoutDataIsNoEventButMovesTheId) {
  SseReader reader(false);
  Seen seen;
  Feed(reader, "id: 1\ndata: x\n\nevent: lost\nid: 2\n\n", seen);
  EXPECT_EQ(reader.last_event_id(), "2");
  Feed(reader, "data: y\n\n", seen);
  EXPECT_THAT(seen.events, ElementsAre("|x|1", "|y|2"));
}

TEST(SseReaderTest, AnIdCountsOnceItsBlockHasEnded) {
  SseReader reader(false);
  Seen seen;
  Feed(reader, "id: 1\ndata: x\n\nid: 2\ndata: y\n", seen);
  EXPECT_EQ(reader.last_event_id(), "1");
  EXPECT_FALSE(reader.between_events());
}

TEST(SseReaderTest, TheLastChunkEndsIt) {
  const Seen seen = Read(Chunk("data: x\n\n") + "0\r\n\r\n", true);
  EXPECT_THAT(seen.events, ElementsAre("|x|"));
  EXPECT_EQ(seen.last, Got::kEnd);
}

TEST(SseReaderTest, WhatIsNotRightIsSaidSo) {
  const auto error = [](std::string_view bytes, bool chunked) {
    return Read(bytes, chunked).error;
  };
  EXPECT_THAT(error("daat: x\n", false), HasSubstr("not a field of an event: daat: x"));
  EXPECT_THAT(error("retry: soon\n", false), HasSubstr("not a field of an event: retry: soon"));
  EXPECT_THAT(error("data: x\r\n", true), HasSubstr("not the size of a chunk"));
  EXPECT_THAT(error("xyz\r\n", true), HasSubstr("not the size of a chunk: xyz"));
  EXPECT_THAT(error("9\ndata: x\n\n\r\n", true), HasSubstr("without CR"));
  EXPECT_THAT(error("8\r\ndata: x\n\n\r\n", true), HasSubstr("without CR"));
  EXPECT_THAT(error("4\r\n: x\n--\r\n", true), HasSubstr("bytes between"));
  EXPECT_THAT(error("0\r\nTrailer: x\r\n\r\n", true), HasSubstr("bytes between"));
  EXPECT_THAT(error(std::string(100, '1'), true), HasSubstr("no chunk begins"));
}

TEST(AppendSseChunkTest, IsReadBackAsItWasWritten) {
  std::string bytes;
  AppendSseChunk(bytes, {}, "one");
  AppendSseChunk(bytes, "name", std::string(300, 'x'));
  EXPECT_THAT(Read(bytes, true).events,
              ElementsAre("|one|", absl::StrCat("name|", std::string(300, 'x'), "|")));
}

}  // namespace
}  // namespace hookcast::bench
