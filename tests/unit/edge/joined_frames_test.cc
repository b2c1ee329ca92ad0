#include "edge/joined_frames.h"

#include <gtest/gtest.h>

#include <string>
#include <vector>

namespace hookcast::edge {
namespace {

std::vector<Bytes> Frames(int count, size_t size = 10) {
  std::vector<Bytes> frames;
  for (int i = 0; i < count; ++i) {
    frames.push_back(Bytes::Copy(std::string(size, static_cast<char>('a' + i % 26))));
  }
  return frames;
}

void Fill(OutboundQueue* queue, const std::vector<Bytes>& frames) {
  for (const Bytes& frame : frames) queue->Push(frame);
}

std::string Joined(const std::vector<Bytes>& frames) {
  std::string joined;
  for (const Bytes& frame : frames) joined.append(frame.view());
  return joined;
}

TEST(JoinedFramesTest, JoinsAllFramesInOrder) {
  OutboundQueue queue;
  const std::vector<Bytes> frames = Frames(40);
  Fill(&queue, frames);
  JoinedFrames joined;
  EXPECT_EQ(joined.Join(queue), Joined(frames));
}

TEST(JoinedFramesTest, TheSameFramesAreNotCopiedAgain) {
  OutboundQueue one;
  OutboundQueue two;
  const std::vector<Bytes> frames = Frames(3);
  Fill(&one, frames);
  Fill(&two, frames);
  JoinedFrames joined;
  const std::string_view first = joined.Join(one);
  EXPECT_EQ(joined.Join(two).data(), first.data());
}

TEST(JoinedFramesTest, OtherFramesOfTheSameNumberAndSizeAreTakenForWhatTheyAre) {
  OutboundQueue one;
  OutboundQueue two;
  const std::vector<Bytes> frames = Frames(3);
  const std::vector<Bytes> others = {frames[0], frames[2], frames[1]};
  Fill(&one, frames);
  Fill(&two, others);
  JoinedFrames joined;
  joined.Join(one);
  EXPECT_EQ(joined.Join(two), Joined(others));
  OutboundQueue fewer;
  Fill(&fewer, Frames(2));
  EXPECT_EQ(joined.Join(fewer), Joined(Frames(2)));
}

TEST(JoinedFramesTest, HoldsNoFrameOnceCleared) {
  // A new frame may lie where one that was freed lay: the pointer alone must not decide.
  JoinedFrames joined;
  for (int round = 0; round < 100; ++round) {
    OutboundQueue queue;
    const std::vector<Bytes> frames = {Bytes::Copy("frame " + std::to_string(round % 10)),
                                       Bytes::Copy("and " + std::to_string(round % 7))};
    Fill(&queue, frames);
    ASSERT_EQ(joined.Join(queue), Joined(frames));
    if (round % 2 == 0) joined.Clear();
  }
}

TEST(JoinedFramesTest, SuitsSeveralSmallWholeFramesAlone) {
  OutboundQueue queue;
  EXPECT_FALSE(JoinedFrames::Suits(queue));
  Fill(&queue, Frames(1));
  EXPECT_FALSE(JoinedFrames::Suits(queue));
  Fill(&queue, Frames(1));
  EXPECT_TRUE(JoinedFrames::Suits(queue));
  queue.Consume(3);
  EXPECT_FALSE(JoinedFrames::Suits(queue));
  queue.Consume(7);
  Fill(&queue, Frames(2, JoinedFrames::kMostBytes / 2));
  EXPECT_FALSE(JoinedFrames::Suits(queue));
}

}  // namespace
}  // namespace hookcast::edge
