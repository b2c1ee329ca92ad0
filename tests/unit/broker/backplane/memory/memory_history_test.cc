#include "broker/backplane/memory/memory_history.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <chrono>
#include <memory>
#include <string>
#include <thread>
#include <vector>

#include "absl/strings/str_cat.h"
#include "tests/fakes/manual_clock.h"

namespace hookcast::backplane {
namespace {

using pubsub::Position;
using testing::ElementsAre;
using testing::IsEmpty;

constexpr std::chrono::seconds kAge(60);

class MemoryHistoryTest : public testing::Test {
 protected:
  MemoryHistoryTest() { Make(256 << 20); }

  // Names that begin with "short" keep for a second.
  void Make(size_t max_bytes) {
    history_ = std::make_unique<MemoryHistory>(
        MemoryHistory::Settings{.limits_of = [](std::string_view ns) -> pubsub::HistoryLimits {
                                  if (ns.starts_with("plain")) return {};
                                  if (ns.starts_with("short"))
                                    return {.size = 5, .age = std::chrono::seconds(1)};
                                  return {.size = 5, .age = kAge};
                                },
                                .max_bytes = max_bytes,
                                .clock = &clock_,
                                .metrics = &metrics_});
  }

  std::shared_ptr<pubsub::Message> Append(const std::string& ns, std::string_view payload) {
    auto message = std::make_shared<pubsub::Message>();
    message->ns = ns;
    message->topic = "t";
    message->data.payload = Bytes::Copy(payload);
    history_->Append(message, history_->LimitsOf(ns), [] {});
    return message;
  }
  std::vector<std::string> Held(const std::string& ns) {
    std::vector<std::string> payloads;
    const auto page = history_->Read({.ns = ns});
    for (const auto& message : page->messages) {
      payloads.emplace_back(message->data.payload.view());
    }
    return payloads;
  }

  fakes::ManualClock clock_;
  metrics::Catalogue metrics_;
  std::unique_ptr<MemoryHistory> history_;
};

TEST_F(MemoryHistoryTest, KeepsTheLatestOnes) {
  for (int i = 1; i <= 7; ++i) Append("a", absl::StrCat(i));
  EXPECT_THAT(Held("a"), ElementsAre("3", "4", "5", "6", "7"));
  EXPECT_EQ(metrics_.history_messages.value(), 5);
  EXPECT_EQ(metrics_.history_namespaces.value(), 1);
  EXPECT_GT(metrics_.history_bytes.value(), 5);
  EXPECT_EQ(metrics_.history_evicted.value(), 0) << "what is one too many was kept for its time";
}

TEST_F(MemoryHistoryTest, WhatIsTooOldIsGivenToNobody) {
  Append("a", "1");
  clock_.Advance(kAge / 2);
  Append("a", "2");
  clock_.Advance(kAge / 2);
  EXPECT_THAT(Held("a"), ElementsAre("2"));
  const auto page = history_->Read({.ns = "a", .after = Position{history_->Head("a")->epoch, 0}});
  EXPECT_TRUE(page->gap);
  EXPECT_EQ(page->first, 2);
  clock_.Advance(kAge / 2);
  EXPECT_THAT(Held("a"), IsEmpty());
  EXPECT_EQ(history_->Head("a")->sequence, 2);
  EXPECT_EQ(metrics_.history_messages.value(), 0);
}

TEST_F(MemoryHistoryTest, TheMemoryOfWhatNobodyTouchesIsFreedByWhatOthersDo) {
  Append("short", "1");
  Append("short", "2");
  Append("a", "3");
  clock_.Advance(std::chrono::seconds(1));
  for (int i = 0; i < 4; ++i) Append("a", "x");
  EXPECT_EQ(metrics_.history_messages.value(), 5);
  EXPECT_EQ(history_->Read({.ns = "short"})->first, 3);
}

TEST_F(MemoryHistoryTest, BeyondTheBoundTheNodesOldestMessagesGoFirst) {
  const std::string kilobytes(10'000, 'x');
  Make(42'000);
  for (const char* ns : {"a", "b", "c"}) Append(ns, kilobytes);
  Append("a", kilobytes);
  EXPECT_EQ(metrics_.history_evicted.value(), 1);
  EXPECT_THAT(Held("a"), ElementsAre(kilobytes));
  EXPECT_EQ(history_->Read({.ns = "a"})->first, 2);
  EXPECT_THAT(Held("b"), ElementsAre(kilobytes));
  EXPECT_LE(metrics_.history_bytes.value(), 42'000);
  // One that is larger than all of it has a place in the order, and is not kept.
  EXPECT_EQ(Append("d", std::string(50'000, 'x'))->position->sequence, 1);
  EXPECT_EQ(metrics_.history_messages.value(), 0);
  EXPECT_LE(metrics_.history_bytes.value(), 42'000);
}

TEST_F(MemoryHistoryTest, WhatIsBuiltForTheWireCountsAsWell) {
  const std::string kilobytes(10'000, 'x');
  Make(42'000);
  for (const char* ns : {"a", "b"}) {
    const auto message = Append(ns, kilobytes);
    message->EncodedAs(pubsub::WireFormat::kWebSocket,
                       [](const pubsub::Message& m) { return Bytes::Copy(m.data.payload.view()); });
    // Once, however often it is asked for.
    message->EncodedAs(pubsub::WireFormat::kWebSocket,
                       [](const pubsub::Message& m) { return Bytes::Copy(m.data.payload.view()); });
  }
  EXPECT_EQ(metrics_.history_evicted.value(), 0);
  Append("c", "x");
  EXPECT_EQ(metrics_.history_evicted.value(), 1);
  EXPECT_THAT(Held("a"), IsEmpty());
  Append("d", kilobytes);
  EXPECT_EQ(metrics_.history_evicted.value(), 1) << "its forms went with it";
}

TEST_F(MemoryHistoryTest, ManyNamespacesThatHoldNothingStayWithinTheBoundToo) {
  Make(100'000);
  for (int i = 0; i < 10'000; ++i) {
    Append(absl::StrCat("ns", i), "x");
    ASSERT_LE(metrics_.history_bytes.value(), 100'000);
  }
  for (int i = 0; i < 1'000; ++i) Append("a", "x");
  EXPECT_LE(metrics_.history_bytes.value(), 100'000);
  EXPECT_THAT(Held("a"), testing::SizeIs(5));
}

TEST_F(MemoryHistoryTest, AskingOfNamespacesThatHoldNothingTakesNoMemory) {
  for (int i = 0; i < 1'000; ++i) {
    const std::string ns = absl::StrCat("ns", i);
    history_->Want(ns);
    const auto head = history_->Head(ns);
    ASSERT_TRUE(head.ok());
    const auto page = history_->Read({.ns = ns, .after = *head});
    EXPECT_FALSE(page->gap);
    EXPECT_EQ(page->head, *head);
    EXPECT_EQ(page->scanned, *head);
    EXPECT_EQ(page->first, 1);
    history_->Unwant(ns);
  }
  EXPECT_EQ(metrics_.history_namespaces.value(), 0);
  EXPECT_EQ(metrics_.history_bytes.value(), 0);
}

TEST_F(MemoryHistoryTest, APositionInANamespaceThatHeldNothingHoldsForItsFirstMessages) {
  const Position nothing = *history_->Head("a");
  EXPECT_EQ(nothing.sequence, 0);
  EXPECT_TRUE(history_->Read({.ns = "a", .after = Position{nothing.epoch, 1}})->gap);
  EXPECT_TRUE(history_->Read({.ns = "a", .after = Position{nothing.epoch - 1, 0}})->gap);
  EXPECT_EQ(Append("a", "1")->position, (Position{nothing.epoch, 1}));
  const auto page = history_->Read({.ns = "a", .after = nothing});
  EXPECT_FALSE(page->gap);
  EXPECT_THAT(page->messages, testing::SizeIs(1));
}

TEST_F(MemoryHistoryTest, WhoLeavesAQuietNamespaceForAMomentFindsTheSameEpoch) {
  Append("a", "1");
  history_->Want("a");
  history_->Want("silent");
  const Position held = *history_->Head("a");
  const Position silent = *history_->Head("silent");
  clock_.Advance(std::chrono::hours(1));
  history_->Unwant("a");
  history_->Unwant("silent");
  clock_.Advance(MemoryHistory::kKeptIdle - std::chrono::seconds(1));
  for (int i = 0; i < 4; ++i) Append("other", "x");
  history_->Want("a");
  history_->Want("silent");
  EXPECT_EQ(*history_->Head("a"), held);
  EXPECT_FALSE(history_->Read({.ns = "a", .after = held})->gap);
  EXPECT_EQ(*history_->Head("silent"), silent);
}

TEST_F(MemoryHistoryTest, AFullMemoryLetsMessagesGoBeforeNamespacesThatWereWantedJustNow) {
  const std::string kilobytes(10'000, 'x');
  Make(42'000);
  for (const char* ns : {"short:blip", "short:left", "short:touched"}) Append(ns, "1");
  history_->Want("short:blip");
  history_->Want("short:left");
  const Position blip = *history_->Head("short:blip");
  const Position left = *history_->Head("short:left");
  clock_.Advance(std::chrono::hours(1));
  history_->Unwant("short:left");
  clock_.Advance(MemoryHistory::kKeptFull);
  const Position touched{history_->Head("short:touched")->epoch, 1};
  history_->Unwant("short:blip");
  for (int i = 0; i < 10; ++i) Append("a", kilobytes);
  EXPECT_GT(metrics_.history_evicted.value(), 0);
  EXPECT_EQ(*history_->Head("short:blip"), blip);
  EXPECT_EQ(*history_->Head("short:touched"), touched);
  EXPECT_GT(history_->Head("short:left")->epoch, left.epoch);
}

TEST_F(MemoryHistoryTest, ANamespaceThatIsLongUnusedBeginsAnewAndAWantedOneDoesNot) {
  Append("a", "1");
  Append("wanted", "1");
  history_->Want("wanted");
  const Position before = *history_->Head("a");
  const Position wanted = *history_->Head("wanted");
  clock_.Advance(MemoryHistory::kKeptIdle);
  for (int i = 0; i < 4; ++i) Append("other", "x");
  EXPECT_EQ(metrics_.history_namespaces.value(), 2);
  const Position after = *history_->Head("a");
  EXPECT_GT(after.epoch, before.epoch);
  EXPECT_EQ(after.sequence, 0);
  EXPECT_TRUE(history_->Read({.ns = "a", .after = before})->gap);
  EXPECT_EQ(*history_->Head("wanted"), wanted);
  history_->Unwant("wanted");
  clock_.Advance(MemoryHistory::kKeptIdle);
  for (int i = 0; i < 4; ++i) Append("other", "x");
  EXPECT_GT(history_->Head("wanted")->epoch, wanted.epoch);
}

TEST_F(MemoryHistoryTest, APageLooksAtABoundedNumberOfMessagesAndSaysHowFarItCame) {
  history_ = std::make_unique<MemoryHistory>(
      MemoryHistory::Settings{.limits_of =
                                  [](std::string_view) {
                                    return pubsub::HistoryLimits{5000, kAge};
                                  },
                              .clock = &clock_});
  for (int i = 0; i < 4000; ++i) Append("a", "x");
  const auto topics = std::make_shared<const pubsub::TopicSet>(pubsub::TopicSet{"rare"});
  const auto page = history_->Read({.ns = "a", .topics = topics});
  EXPECT_THAT(page->messages, IsEmpty());
  EXPECT_GT(page->scanned.sequence, 0);
  EXPECT_LT(page->scanned.sequence, 4000);
  EXPECT_EQ(history_->Read({.ns = "a", .after = page->scanned, .topics = topics})->scanned.sequence,
            2 * page->scanned.sequence);
}

TEST_F(MemoryHistoryTest, ThreadsThatWriteReadAndForgetMeetInOneOrder) {
  std::vector<std::thread> threads;
  for (int t = 0; t < 3; ++t) {
    threads.emplace_back([&, t] {
      for (int i = 0; i < 500; ++i) {
        Append(absl::StrCat("ns", i % 3), "x");
        history_->Want(absl::StrCat("ns", t));
        const auto page = history_->Read({.ns = absl::StrCat("ns", i % 3)});
        for (size_t m = 1; m < page->messages.size(); ++m) {
          EXPECT_EQ(page->messages[m]->position->sequence,
                    page->messages[m - 1]->position->sequence + 1);
        }
        history_->Unwant(absl::StrCat("ns", t));
        clock_.Advance(std::chrono::seconds(1));
      }
    });
  }
  for (std::thread& thread : threads) thread.join();
  uint64_t appended = 0;
  for (int i = 0; i < 3; ++i) appended += history_->Head(absl::StrCat("ns", i))->sequence;
  EXPECT_EQ(appended, 1500);
}

}  // namespace
}  // namespace hookcast::backplane
