// However a stream of frames is cut, the reader tells the same events; and it keeps its promises on
// what it leaves, holds and yields.
#include "edge/websocket/frame_reader.h"

#include <algorithm>
#include <cstddef>
#include <cstdint>
#include <string_view>
#include <vector>

#include "broker/base/close_code.h"
#include "broker/base/utf8.h"
#include "fuzz/require.h"
#include "tests/unit/edge/websocket/frame_feeder.h"

using hookcast::IsValidOnWire;
using hookcast::IsValidUtf8;
using hookcast::fuzz::Require;
using hookcast::websocket::FrameReader;
using hookcast::websocket::MessageKind;
using hookcast::websocket::testing::FrameFeeder;
using hookcast::websocket::testing::Told;

namespace {

using Event = FrameReader::Event;

constexpr size_t kHead = 6;

size_t MostBytes(bool compressed, const FrameReader::Limits& limits) {
  return compressed ? FrameReader::MostCompressed(limits.max_message_bytes)
                    : limits.max_message_bytes;
}

// Cuts the stream at lengths that follow from the seed, and from `most`.
std::vector<Told> Tell(const FrameReader::Limits& limits, std::string_view stream, uint32_t seed,
                       size_t most) {
  FrameFeeder feeder(limits);
  while (!stream.empty()) {
    seed = seed * 1664525 + 1013904223;
    const size_t piece = std::min(stream.size(), 1 + (seed >> 8) % most);
    feeder.Feed(stream.substr(0, piece));
    stream.remove_prefix(piece);
    Require(feeder.sound(), "bytes are used from the front and left as they came");
    Require(feeder.most_leftover() <= FrameReader::kMaxLeftover, "little is left over");
    Require(feeder.reader().buffered_bytes() <= MostBytes(feeder.reader().compressed(), limits),
            "little is held");
    Require(!feeder.reader().idle() || feeder.reader().buffered_bytes() == 0, "idle holds nothing");
  }
  return feeder.told();
}

void CheckTold(const Told& told, const FrameReader::Limits& limits) {
  switch (told.event) {
    case Event::kMessage:
      Require(limits.allow_compressed || !told.compressed, "nothing is compressed unasked");
      Require(told.text.size() <= MostBytes(told.compressed, limits),
              "messages are within the limit");
      Require(told.compressed || told.kind == MessageKind::kBinary || IsValidUtf8(told.text),
              "text is UTF-8");
      break;
    case Event::kPing:
    case Event::kPong:
      Require(told.text.size() <= 125, "control frames are short");
      break;
    case Event::kClose:
      Require(told.code == 1005 ? told.text.empty() : IsValidOnWire(told.code),
              "the code is valid");
      Require(told.text.size() <= 123 && IsValidUtf8(told.text), "the reason is valid");
      break;
    case Event::kError:
      Require(told.code == 1002 || told.code == 1007 || told.code == 1009, "the error has a code");
      Require(!told.text.empty() && told.text.size() <= 123, "the error has a reason");
      break;
    case Event::kNeedMore:
      Require(false, "kNeedMore is no event");
  }
}

}  // namespace

// Head: the limits on size and fragments, and a seed of four bytes, whose first bit says that
// compression was agreed on. The rest is the stream.
extern "C" int LLVMFuzzerTestOneInput(const uint8_t* data, size_t size) {
  if (size < kHead) return 0;
  FrameReader::Limits limits;
  limits.max_message_bytes = data[0] < 200 ? data[0] : size_t{1} << (data[0] - 200) % 21;
  limits.max_fragments = 1 + data[1];
  limits.allow_compressed = (data[2] & 0x80) != 0;
  uint32_t seed = 0;
  for (size_t i = 2; i < kHead; ++i) seed = seed << 8 | data[i];
  const std::string_view stream(reinterpret_cast<const char*>(data) + kHead, size - kHead);

  FrameFeeder whole(limits);
  whole.Feed(stream);
  Require(whole.sound(), "bytes are used from the front and left as they came");
  for (size_t i = 0; i < whole.told().size(); ++i) {
    const Told& told = whole.told()[i];
    CheckTold(told, limits);
    const bool final = told.event == Event::kClose || told.event == Event::kError;
    Require(!final || i + 1 == whole.told().size(), "nothing follows a close or an error");
  }
  for (const size_t most : {size_t{1}, size_t{3}, size_t{20}, size_t{1000}}) {
    Require(Tell(limits, stream, seed, most) == whole.told(), "cuts make no difference");
  }
  return 0;
}
