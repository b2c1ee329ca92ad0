// What a reader costs: counted in bytes on the heap, and in work, by inputs so long that cost which
// grows with the square of them would not end within the test's time limit.
#include <gtest/gtest.h>

#include <cstdlib>
#include <new>
#include <span>
#include <string>

#include "edge/websocket/frame_reader.h"
#include "tests/unit/edge/websocket/client_frames.h"

namespace {

size_t live_bytes = 0;
size_t peak_bytes = 0;
size_t allocations = 0;

// The size stands in front of each block.
constexpr size_t kPrefix = alignof(std::max_align_t);

void* Allocate(size_t size) {
  void* block = std::malloc(size + kPrefix);
  if (block == nullptr) throw std::bad_alloc();
  *static_cast<size_t*>(block) = size;
  live_bytes += size;
  peak_bytes = std::max(peak_bytes, live_bytes);
  ++allocations;
  return static_cast<char*>(block) + kPrefix;
}

void Free(void* at) {
  if (at == nullptr) return;
  void* const block = static_cast<char*>(at) - kPrefix;
  live_bytes -= *static_cast<size_t*>(block);
  std::free(block);
}

}  // namespace

void* operator new(size_t size) { return Allocate(size); }
void operator delete(void* at) noexcept { Free(at); }
void operator delete(void* at, size_t) noexcept { Free(at); }

namespace hookcast::websocket::testing {
namespace {

using Event = FrameReader::Event;

// What was taken from the heap between its construction and a question.
class HeapWatch {
 public:
  HeapWatch() : live_(live_bytes), allocations_(allocations) { peak_bytes = live_bytes; }
  size_t live() const { return live_bytes - live_; }
  size_t peak() const { return peak_bytes - live_; }
  size_t count() const { return allocations - allocations_; }

 private:
  size_t live_;
  size_t allocations_;
};

TEST(FrameReaderMemoryTest, TheCounterSeesTheHeap) {
  const HeapWatch watch;
  auto block = std::make_unique<std::array<char, 1000>>();
  block->front() = 'x';
  EXPECT_EQ(watch.live(), 1000u);
  block.reset();
  EXPECT_EQ(watch.live(), 0u);
  EXPECT_EQ(watch.peak(), 1000u);
  EXPECT_EQ(watch.count(), 1u);
}

TEST(FrameReaderMemoryTest, MessagesThatComeWholeTakeNothingFromTheHeap) {
  std::string bytes = Text("text") + Binary("binary") + Ping("ping") + Pong("pong") + Close(1000);
  const HeapWatch watch;
  FrameReader reader({});
  std::span<char> input(bytes);
  for (int i = 0; i < 5; ++i) EXPECT_NE(reader.Next(&input), Event::kNeedMore);
  EXPECT_EQ(watch.count(), 0u);
}

TEST(FrameReaderMemoryTest, AnAnnouncedLengthTakesNoMemory) {
  std::string bytes =
      ClientFrame{.opcode = 2, .payload = "0123456789", .announced = 1 << 20}.Bytes();
  const HeapWatch watch;
  FrameReader reader({});
  std::span<char> input(bytes);
  EXPECT_EQ(reader.Next(&input), Event::kNeedMore);
  EXPECT_EQ(reader.buffered_bytes(), 10u);
  EXPECT_LE(watch.peak(), 200u);
}

TEST(FrameReaderMemoryTest, AMessageThatIsCutTakesAtMostTwiceWhatCame) {
  std::string bytes = Binary(std::string(1 << 20, 'b'));
  const HeapWatch watch;
  FrameReader reader({});
  std::span<char> all(bytes);
  size_t fed = 0;
  Event event = Event::kNeedMore;
  while (event == Event::kNeedMore && fed < bytes.size()) {
    std::span<char> piece = all.subspan(fed, std::min<size_t>(1000, all.size() - fed));
    fed += piece.size();
    event = reader.Next(&piece);
    ASSERT_TRUE(piece.empty());
    ASSERT_LE(watch.live(), 2 * fed + 200) << fed;
  }
  EXPECT_EQ(event, Event::kMessage);
  EXPECT_LE(watch.live(), (1u << 20) + 200);
  std::span<char> none;
  EXPECT_EQ(reader.Next(&none), Event::kNeedMore);
  EXPECT_EQ(watch.live(), 0u);
}

TEST(FrameReaderMemoryTest, FiveMillionEmptyContinuationsAreRefused) {
  std::string start = Text("a", false);
  const std::string continuation = Continuation("", false);
  const HeapWatch watch;
  FrameReader reader({});
  std::span<char> input(start);
  ASSERT_EQ(reader.Next(&input), Event::kNeedMore);
  int refused_at = 0;
  for (int i = 1; i <= 5'000'000; ++i) {
    std::array<char, 6> frame;
    std::copy(continuation.begin(), continuation.end(), frame.begin());
    input = frame;
    const Event event = reader.Next(&input);
    if (event == Event::kError && refused_at == 0) refused_at = i;
    ASSERT_EQ(event, refused_at == 0 ? Event::kNeedMore : Event::kError);
  }
  EXPECT_EQ(refused_at, 100'000);  // with the first frame, that would be the 100,001st
  EXPECT_EQ(reader.error().close_code, 1009);
  EXPECT_LE(watch.peak(), 200u);
  EXPECT_EQ(watch.live(), 0u);
}

TEST(FrameReaderMemoryTest, FragmentsTakeNoMemoryOfTheirOwn) {
  std::string start = Text("a", false);
  std::string many;
  for (int i = 0; i < 1000; ++i) many += Continuation("", false);
  const std::string last = Continuation("b");
  const HeapWatch watch;
  FrameReader reader({.max_fragments = 5'000'002});
  std::span<char> input(start);
  ASSERT_EQ(reader.Next(&input), Event::kNeedMore);
  for (int i = 0; i < 5'000; ++i) {
    // An empty payload leaves nothing to unmask: the same bytes serve again.
    input = many;
    ASSERT_EQ(reader.Next(&input), Event::kNeedMore);
    ASSERT_TRUE(input.empty());
  }
  EXPECT_LE(watch.peak(), 200u);
  std::string end = last;
  input = end;
  ASSERT_EQ(reader.Next(&input), Event::kMessage);
  EXPECT_EQ(reader.payload(), "ab");
}

TEST(FrameReaderMemoryTest, SegmentsOfOneByteCostLinearTime) {
  constexpr size_t kBytes = 4 << 20;
  std::string bytes = Text(std::string(kBytes, 'x'));
  const HeapWatch watch;
  FrameReader reader({.max_message_bytes = kBytes});
  std::array<char, 14> header;
  size_t held = 0;
  for (size_t i = 0; i < bytes.size(); ++i) {
    std::span<char> input(&bytes[i], 1);
    if (i < header.size()) {  // the caller presents again what is left of a header
      header[held++] = bytes[i];
      input = std::span(header).first(held);
    }
    const Event event = reader.Next(&input);
    ASSERT_EQ(event, i + 1 == bytes.size() ? Event::kMessage : Event::kNeedMore) << i;
    if (i < header.size()) held = input.size();
  }
  EXPECT_EQ(reader.payload(), std::string_view(bytes).substr(14));
  // The buffer grew some twenty times, not once for each segment.
  EXPECT_LE(watch.count(), 40u);
}

TEST(FrameReaderMemoryTest, FragmentsOfOneByteCostLinearTime) {
  constexpr size_t kFragments = 1'000'000;
  const HeapWatch watch;
  FrameReader reader({.max_message_bytes = kFragments, .max_fragments = kFragments});
  for (size_t i = 0; i < kFragments; ++i) {
    std::array<char, 7> frame = {0, '\x81', 1, 2, 3, 4, 'x' ^ 1};
    if (i == 0) frame[0] = 1;
    if (i + 1 == kFragments) frame[0] = '\x80';
    std::span<char> input(frame);
    ASSERT_EQ(reader.Next(&input), i + 1 == kFragments ? Event::kMessage : Event::kNeedMore) << i;
  }
  EXPECT_EQ(reader.payload(), std::string(kFragments, 'x'));
  EXPECT_LE(watch.count(), 40u);
}

}  // namespace
}  // namespace hookcast::websocket::testing
