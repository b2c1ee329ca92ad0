// Whatever stands in an event, a browser sees that one event with its fields, and no other.
#include <algorithm>
#include <cstddef>
#include <cstdint>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "edge/sse/event_encoder.h"
#include "fuzz/require.h"
#include "tests/event_stream/event_stream_parser.h"

using hookcast::fuzz::Require;
using hookcast::sse::CanStandInField;
using hookcast::sse::Event;
using hookcast::sse::WriteEvent;
using hookcast::testing::DecodeUtf8;
using hookcast::testing::EventStreamParser;

namespace {

constexpr size_t kHead = 12;
constexpr std::string_view kEarlierId = "earlier";

// Takes the bytes of one field off the front: as many as a byte of the head says.
std::string_view Take(std::string_view* bytes, uint8_t size) {
  const std::string_view field = bytes->substr(0, size);
  bytes->remove_prefix(field.size());
  return field;
}

// The payload as a client's lines make it: CRLF and CR are LF.
std::string Normalised(std::string_view payload) {
  std::string text;
  for (size_t i = 0; i < payload.size(); ++i) {
    const bool pair = payload[i] == '\r' && i + 1 < payload.size() && payload[i + 1] == '\n';
    if (pair) continue;
    text.push_back(payload[i] == '\r' ? '\n' : payload[i]);
  }
  return text;
}

// Feeds the stream in pieces whose lengths follow from the seed.
void FeedCut(EventStreamParser* parser, std::string_view stream, uint32_t seed, size_t most) {
  while (!stream.empty()) {
    seed = seed * 1664525 + 1013904223;
    const size_t piece = std::min(stream.size(), 1 + (seed >> 8) % most);
    parser->Feed(stream.substr(0, piece));
    stream.remove_prefix(piece);
  }
}

bool Arrives(std::string_view field) { return !field.empty() && CanStandInField(field); }

void Check(const Event& event, std::string_view block, uint32_t seed, size_t most) {
  EventStreamParser parser;
  parser.Feed("id: earlier\ndata: x\n\n");
  parser.TakeEvents();
  FeedCut(&parser, block, seed, most);
  Require(parser.at_rest(), "the block is whole");
  const std::string id = Arrives(event.id) ? DecodeUtf8(event.id) : std::string(kEarlierId);
  Require(parser.last_event_id() == id, "the position is the event's, or the one before");
  Require(parser.comments() == 0, "no comment");
  const int64_t retry = event.retry_ms.value_or(-1);
  Require(parser.retry_ms().has_value() == (retry >= 0), "a retry");
  Require(retry < 0 || *parser.retry_ms() == static_cast<uint64_t>(retry), "the retry");

  const std::vector<EventStreamParser::Event> events = parser.TakeEvents();
  Require(events.size() == (event.data ? 1 : 0), "one event, or none without data");
  if (events.empty()) return;
  Require(events[0].last_event_id == id, "the event's id");
  Require(events[0].type == (Arrives(event.event) ? DecodeUtf8(event.event) : "message"),
          "the event's type");
  Require(events[0].data == DecodeUtf8(Normalised(*event.data)), "the event's data");
}

}  // namespace

// Head: whether there are data and a retry, the sizes of id and event, and a seed, whose bytes are
// the retry's too. The rest are id, event and data.
extern "C" int LLVMFuzzerTestOneInput(const uint8_t* data, size_t size) {
  if (size < kHead) return 0;
  std::string_view rest(reinterpret_cast<const char*>(data) + kHead, size - kHead);
  Event event;
  event.id = Take(&rest, data[1]);
  event.event = Take(&rest, data[2]);
  int64_t number = 0;
  for (size_t i = 4; i < kHead; ++i) number = static_cast<int64_t>(number << 8 | data[i]);
  if ((data[0] & 1) == 0) event.data = rest;
  if ((data[0] & 2) != 0) event.retry_ms = number >> (data[3] % 64);

  const std::string block = WriteEvent(event);
  Require(block.size() == EventSize(event), "the size was foretold");
  Require(block.ends_with("\n\n") || block == "\n", "an empty line ends the block");
  const auto seed = static_cast<uint32_t>(number);
  for (const size_t most : {size_t{1}, size_t{3}, size_t{20}, SIZE_MAX}) {
    Check(event, block, seed, most);
  }
  return 0;
}
