#include "edge/outbound_queue.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <deque>
#include <random>
#include <string>

namespace hookcast::edge {
namespace {

using Fate = OutboundQueue::Fate;

std::string Gathered(const OutboundQueue& queue, size_t most) {
  std::vector<iovec> vectors(most);
  const size_t count = queue.Gather(vectors.data(), most);
  std::string bytes;
  for (size_t i = 0; i < count; ++i) {
    bytes.append(static_cast<const char*>(vectors[i].iov_base), vectors[i].iov_len);
  }
  return bytes;
}

TEST(OutboundQueueTest, GathersFramesInOrderFromWhereTheLastWriteEnded) {
  OutboundQueue queue;
  for (const char* frame : {"one", "two", "three"}) queue.Push(Bytes::Copy(frame));
  EXPECT_EQ(queue.frames(), 3);
  EXPECT_EQ(queue.bytes(), 11);
  EXPECT_EQ(Gathered(queue, 64), "onetwothree");
  EXPECT_EQ(Gathered(queue, 2), "onetwo");

  queue.Consume(4);
  EXPECT_TRUE(queue.cut());
  EXPECT_EQ(queue.frames(), 2);
  EXPECT_EQ(queue.bytes(), 7);
  EXPECT_EQ(Gathered(queue, 64), "wothree");
  EXPECT_EQ(Gathered(queue, 1), "wo");
  queue.Consume(1);
  EXPECT_EQ(Gathered(queue, 64), "othree");
  queue.Consume(1);
  EXPECT_FALSE(queue.cut());
  queue.Consume(5);
  EXPECT_TRUE(queue.empty());
  EXPECT_EQ(queue.bytes(), 0);
  EXPECT_EQ(Gathered(queue, 64), "");
}

TEST(OutboundQueueTest, AFrameIsSharedAndLetGoOnceItIsWritten) {
  const Bytes frame = Bytes::Copy("shared");
  OutboundQueue a, b;
  a.Push(frame);
  b.Push(frame);
  iovec vector;
  ASSERT_EQ(a.Gather(&vector, 1), 1);
  EXPECT_EQ(vector.iov_base, frame.data()) << "not copied";
  ASSERT_EQ(b.Gather(&vector, 1), 1);
  EXPECT_EQ(vector.iov_base, frame.data());
}

TEST(OutboundQueueTest, AllThatWaitsCanBeDroppedButAFrameThatWentOutInPart) {
  OutboundQueue queue;
  for (const char* frame : {"one", "two", "three"}) queue.Push(Bytes::Copy(frame));
  queue.Consume(1);
  EXPECT_EQ(queue.DropWaiting([](const Bytes&) { return Fate::kDrop; }), 2);
  EXPECT_EQ(queue.frames(), 1);
  EXPECT_EQ(queue.bytes(), 2);
  queue.Push(Bytes::Copy("end"));
  EXPECT_EQ(Gathered(queue, 64), "neend");
}

TEST(OutboundQueueTest, AllIsDroppedWhereNothingIsCut) {
  OutboundQueue queue;
  for (const char* frame : {"one", "two", "three"}) queue.Push(Bytes::Copy(frame));
  queue.Consume(3);
  EXPECT_EQ(queue.DropWaiting([](const Bytes&) { return Fate::kDrop; }), 2);
  EXPECT_TRUE(queue.empty());
  EXPECT_EQ(queue.bytes(), 0);
  EXPECT_EQ(queue.cost(), 0);
  queue.Push(Bytes::Copy("end"));
  EXPECT_EQ(Gathered(queue, 64), "end");
}

TEST(OutboundQueueTest, WhatIsDroppedIsChosenOldestFirstUntilTheRestIsKept) {
  OutboundQueue queue;
  for (const char* frame : {"cut", "a", "b", "c", "d", "e"}) queue.Push(Bytes::Copy(frame));
  queue.Consume(1);
  std::string asked;
  EXPECT_EQ(queue.DropWaiting([&](const Bytes& frame) {
    asked += frame.view();
    if (frame.view() == "d") return Fate::kKeepRest;
    return frame.view() == "b" ? Fate::kKeep : Fate::kDrop;
  }),
            2);
  EXPECT_EQ(asked, "abcd");
  EXPECT_EQ(Gathered(queue, 64), "utbde");
  EXPECT_EQ(queue.DropWaiting([](const Bytes&) { return Fate::kKeep; }), 0);
  EXPECT_EQ(Gathered(queue, 64), "utbde");
}

TEST(OutboundQueueTest, AFrameCostsMoreThanItsBytesHoweverShort) {
  OutboundQueue queue;
  EXPECT_EQ(queue.cost(), 0);
  const Bytes bare = Bytes::Copy("x");
  const Bytes labelled = Bytes::Build(
      1, [](char* out) { *out = 'x'; }, std::string(200, 't'));
  // A block of memory with its head, and a pointer in the queue.
  EXPECT_GE(OutboundQueue::CostOf(bare), 1 + sizeof(void*) + 16);
  EXPECT_EQ(OutboundQueue::CostOf(labelled), OutboundQueue::CostOf(bare) + 200);
  size_t expected = 0;
  for (int i = 0; i < 1'000; ++i) {
    const Bytes& frame = i % 2 == 0 ? bare : labelled;
    queue.Push(frame);
    expected += OutboundQueue::CostOf(frame);
  }
  EXPECT_EQ(queue.cost(), expected);
  queue.Consume(500);
  EXPECT_EQ(queue.cost(), expected / 2);
  queue.Consume(500);
  EXPECT_EQ(queue.cost(), 0);
}

TEST(OutboundQueueTest, ClearForgetsAlsoAFrameThatIsCut) {
  OutboundQueue queue;
  queue.Push(Bytes::Copy("one"));
  queue.Push(Bytes::Copy("two"));
  queue.Consume(2);
  queue.Clear();
  EXPECT_TRUE(queue.empty());
  EXPECT_FALSE(queue.cut());
  EXPECT_EQ(queue.bytes(), 0);
  queue.Push(Bytes::Copy("end"));
  EXPECT_EQ(Gathered(queue, 64), "end");
}

// The model: a deque of strings, of which the first may have lost its beginning.
TEST(OutboundQueueTest, AgreesWithAModelUnderRandomUse) {
  for (uint32_t seed = 1; seed <= 20; ++seed) {
    SCOPED_TRACE(seed);
    std::mt19937 random(seed);
    OutboundQueue queue;
    std::deque<std::string> model;
    bool cut = false;
    // Phases that mostly grow and phases that mostly shrink, so that the ring wraps and is let go.
    for (int step = 0; step < 5'000; ++step) {
      const bool growing = step / 500 % 2 == 0;
      const uint32_t what = random() % 100;
      if (what < (growing ? 70u : 30u)) {
        const std::string frame(1 + random() % 40, static_cast<char>('a' + random() % 26));
        const std::string label(random() % 3, 't');
        queue.Push(Bytes::Build(
            frame.size(), [&](char* out) { frame.copy(out, frame.size()); }, label));
        model.push_back(frame);
      } else if (what < 94) {
        size_t written = queue.bytes() == 0 ? 0 : random() % (queue.bytes() + 1);
        if (growing) written = std::min<size_t>(written, 30);
        queue.Consume(written);
        while (written > 0) {
          if (written < model.front().size()) {
            model.front().erase(0, written);
            cut = true;
            break;
          }
          written -= model.front().size();
          model.pop_front();
          cut = false;
        }
      } else if (what < 99) {
        // By a letter, up to another one.
        const char drop = static_cast<char>('a' + random() % 26);
        const char last = static_cast<char>('a' + random() % 26);
        size_t dropped = 0;
        for (size_t k = cut ? 1 : 0; k < model.size() && model[k].back() != last;) {
          if (model[k].back() > drop) {
            ++k;
          } else {
            model.erase(model.begin() + static_cast<ptrdiff_t>(k));
            ++dropped;
          }
        }
        ASSERT_EQ(queue.DropWaiting([&](const Bytes& frame) {
          if (frame.view().back() == last) return Fate::kKeepRest;
          return frame.view().back() > drop ? Fate::kKeep : Fate::kDrop;
        }),
                  dropped);
      } else {
        queue.Clear();
        model.clear();
        cut = false;
      }
      std::string all;
      for (const std::string& frame : model) all += frame;
      ASSERT_EQ(queue.frames(), model.size());
      ASSERT_EQ(queue.bytes(), all.size());
      ASSERT_EQ(queue.empty(), model.empty());
      ASSERT_EQ(queue.cut(), cut);
      ASSERT_GE(queue.cost(), all.size() + 48 * model.size());
      ASSERT_LE(queue.cost(), all.size() + 50 * model.size());
      if (step % 17 == 0) {
        ASSERT_EQ(Gathered(queue, model.size() + 1), all);
      }
    }
  }
}

}  // namespace
}  // namespace hookcast::edge
