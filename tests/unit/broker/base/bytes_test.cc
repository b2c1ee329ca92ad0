#include "broker/base/bytes.h"

#include <gtest/gtest.h>

#include <atomic>
#include <optional>
#include <string>
#include <thread>
#include <vector>

namespace hookcast {
namespace {

TEST(Bytes, DefaultBytesAreEmpty) {
  const Bytes bytes;
  EXPECT_TRUE(bytes.empty());
  EXPECT_EQ(bytes.size(), 0);
  EXPECT_EQ(bytes.view(), "");
  EXPECT_EQ(bytes.data(), nullptr);
  EXPECT_EQ(bytes, Bytes());
}

TEST(Bytes, CopyKeepsEveryByteAndNotTheSource) {
  std::string source;
  for (int i = 0; i < 256; ++i) source.push_back(static_cast<char>(i));
  const std::string kept = source;
  const Bytes bytes = Bytes::Copy(source);
  source.assign(source.size(), 'x');
  EXPECT_EQ(bytes.view(), kept);
  EXPECT_EQ(bytes.size(), 256);
}

TEST(Bytes, KnowWhetherTheyAreTheLastCopy) {
  const Bytes bytes = Bytes::Copy("x");
  EXPECT_TRUE(bytes.unique());
  {
    const Bytes copy = bytes;
    EXPECT_FALSE(bytes.unique());
    EXPECT_FALSE(copy.unique());
  }
  EXPECT_TRUE(bytes.unique());
  EXPECT_FALSE(Bytes().unique()) << "there are none";
}

TEST(Bytes, AnEmptyCopyIsEmpty) {
  const Bytes bytes = Bytes::Copy(std::string_view());
  EXPECT_TRUE(bytes.empty());
  EXPECT_EQ(bytes.view(), "");
}

TEST(Bytes, BuildCallsFillOnceWithRoomForTheSize) {
  int calls = 0;
  const Bytes bytes = Bytes::Build(5, [&](char* out) {
    ++calls;
    std::copy_n("hello", 5, out);
  });
  EXPECT_EQ(calls, 1);
  EXPECT_EQ(bytes.view(), "hello");
}

TEST(Bytes, ALabelGoesWithTheBytesAndIsNoneOfThem) {
  const std::string topic = "a topic";
  const Bytes bytes = Bytes::Build(
      5, [](char* out) { std::copy_n("hello", 5, out); }, topic);
  EXPECT_EQ(bytes.view(), "hello");
  EXPECT_EQ(bytes.size(), 5);
  EXPECT_EQ(bytes.label(), "a topic");
  EXPECT_NE(bytes.label().data(), topic.data()) << "kept, whatever becomes of the source";
  const Bytes copy = bytes;
  EXPECT_EQ(copy.label().data(), bytes.label().data());
  EXPECT_EQ(Bytes::Copy("hello").label(), "");
  EXPECT_EQ(Bytes().label(), "");
}

TEST(Bytes, ACopySharesTheAllocationAndOutlivesTheOriginal) {
  std::optional<Bytes> original = Bytes::Copy("payload");
  const char* const where = original->data();
  const Bytes copy = *original;
  EXPECT_EQ(copy, *original);
  original.reset();
  EXPECT_EQ(copy.data(), where);
  EXPECT_EQ(copy.view(), "payload");
}

TEST(Bytes, EqualBytesInTwoAllocationsAreNotTheSame) {
  EXPECT_FALSE(Bytes::Copy("a") == Bytes::Copy("a"));
}

TEST(Bytes, AMoveLeavesNothingBehind) {
  Bytes from = Bytes::Copy("payload");
  const Bytes to = std::move(from);
  EXPECT_EQ(to.view(), "payload");
  EXPECT_TRUE(from.empty());  // NOLINT(bugprone-use-after-move): that is what is tested
}

TEST(Bytes, AssignmentReleasesWhatWasHeldAndBearsItself) {
  Bytes a = Bytes::Copy("a");
  const Bytes b = Bytes::Copy("b");
  a = b;
  EXPECT_EQ(a, b);
  const Bytes& alias = a;
  a = alias;
  EXPECT_EQ(a.view(), "b");
  a = Bytes();
  EXPECT_TRUE(a.empty());
  EXPECT_EQ(b.view(), "b");
}

// The sanitizers see a count that two threads tear.
TEST(Bytes, CopiesMayComeAndGoOnManyThreads) {
  auto bytes = std::make_unique<Bytes>(Bytes::Copy("shared"));
  std::vector<std::thread> threads;
  for (int t = 0; t < 4; ++t) {
    threads.emplace_back([own = *bytes] {
      std::vector<Bytes> copies;
      for (int i = 0; i < 10000; ++i) {
        copies.push_back(own);
        if (copies.size() == 16) copies.clear();
      }
      EXPECT_EQ(own.view(), "shared");
    });
  }
  bytes.reset();
  for (std::thread& thread : threads) thread.join();
}

TEST(BytesSlot, MakesItsBytesAtFirstUseAndKeepsThem) {
  const BytesSlot slot;
  int made = 0;
  const auto make = [&] {
    ++made;
    return Bytes::Copy("frame");
  };
  const Bytes first = slot.Get(make);
  const Bytes second = slot.Get(make);
  EXPECT_EQ(made, 1);
  EXPECT_EQ(first, second);
  EXPECT_EQ(first.view(), "frame");
}

TEST(BytesSlot, WhatItGaveOutlivesIt) {
  std::optional<BytesSlot> slot(std::in_place);
  const Bytes bytes = slot->Get([] { return Bytes::Copy("frame"); });
  slot.reset();
  EXPECT_EQ(bytes.view(), "frame");
}

TEST(BytesSlot, ThreadsThatRaceForTheFirstUseGetTheSameBytes) {
  constexpr int kThreads = 4;
  for (int round = 0; round < 300; ++round) {
    const BytesSlot slot;
    std::atomic<int> waiting = kThreads;
    std::atomic<int> made = 0;
    std::vector<Bytes> got(kThreads);
    std::vector<std::thread> threads;
    for (int t = 0; t < kThreads; ++t) {
      threads.emplace_back([&, t] {
        --waiting;
        while (waiting != 0) std::this_thread::yield();
        got[t] = slot.Get([&] { return Bytes::Copy(std::to_string(++made)); });
      });
    }
    for (std::thread& thread : threads) thread.join();
    for (const Bytes& bytes : got) EXPECT_EQ(bytes, got[0]);
    EXPECT_GE(made, 1);
    EXPECT_FALSE(got[0].empty());
  }
}

}  // namespace
}  // namespace hookcast
