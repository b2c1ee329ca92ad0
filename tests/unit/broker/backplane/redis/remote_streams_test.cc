#include "broker/backplane/redis/remote_streams.h"

#include <gtest/gtest.h>

#include <optional>
#include <string>

namespace hookcast::backplane {
namespace {

using std::chrono::seconds;

constexpr Incarnation kOther{0xa};
constexpr Incarnation kThird{0xb};

class RemoteStreamsTest : public testing::Test {
 protected:
  // "ok", "old", or how many are missing in front of it.
  std::string Hear(uint64_t stream, uint64_t sequence,
                   std::optional<ReplacedStream> replaces = std::nullopt,
                   Incarnation origin = kOther, const std::string& ns = "a") {
    const RemoteStreams::Verdict verdict =
        streams_.Hear(ns, origin, {stream, sequence, replaces}, now_);
    if (verdict.old) return "old";
    return verdict.missing == 0 ? "ok" : std::to_string(verdict.missing);
  }
  uint64_t HearTail(uint64_t stream, uint64_t sequence) {
    return streams_.HearTail("a", kOther, {stream, sequence, std::nullopt}, now_);
  }

  TimePoint now_{seconds(1000)};
  RemoteStreams streams_{/*most=*/2};
};

TEST_F(RemoteStreamsTest, WhatIsHeardFirstIsWhereTheCountBegins) {
  EXPECT_EQ(Hear(1, 7), "ok");
  EXPECT_EQ(Hear(1, 8), "ok");
  EXPECT_EQ(Hear(1, 9), "ok");
}

TEST_F(RemoteStreamsTest, AHoleIsCounted) {
  Hear(1, 1);
  EXPECT_EQ(Hear(1, 5), "3");
  EXPECT_EQ(Hear(1, 6), "ok");
}

TEST_F(RemoteStreamsTest, WhatWasHeardBeforeIsOld) {
  Hear(1, 5);
  EXPECT_EQ(Hear(1, 5), "old");
  EXPECT_EQ(Hear(1, 4), "old");
  EXPECT_EQ(Hear(1, 6), "ok");
}

TEST_F(RemoteStreamsTest, OriginsAndNamespacesAreCountedApart) {
  Hear(1, 1);
  EXPECT_EQ(Hear(4, 9, std::nullopt, kThird), "ok");
  EXPECT_EQ(Hear(1, 3, std::nullopt, kOther, "b"), "ok");
  EXPECT_EQ(Hear(1, 2), "ok");
  EXPECT_EQ(Hear(4, 10, std::nullopt, kThird), "ok");
  EXPECT_EQ(Hear(1, 4, std::nullopt, kOther, "b"), "ok");
}

TEST_F(RemoteStreamsTest, ATailShowsWhatIsMissingAtTheEnd) {
  Hear(1, 5);
  EXPECT_EQ(HearTail(1, 5), 0);
  EXPECT_EQ(HearTail(1, 7), 2);
  EXPECT_EQ(HearTail(1, 7), 0) << "told once";
  EXPECT_EQ(Hear(1, 8), "ok");
}

TEST_F(RemoteStreamsTest, ATailThatIsHeardFirstIsWhereTheCountBegins) {
  EXPECT_EQ(HearTail(1, 7), 0);
  EXPECT_EQ(Hear(1, 8), "ok");
}

TEST_F(RemoteStreamsTest, AStreamThatReplacesAnotherOwesWhatWasAcknowledgedOfIt) {
  Hear(1, 3);
  EXPECT_EQ(Hear(2, 1, ReplacedStream{1, 5}), "2");
  EXPECT_EQ(Hear(2, 2), "ok");
}

TEST_F(RemoteStreamsTest, WhatWasNotAcknowledgedAndCameIsNoGap) {
  Hear(1, 5);
  EXPECT_EQ(Hear(1, 6), "ok") << "whose publisher was told that it may have arrived";
  EXPECT_EQ(Hear(2, 1, ReplacedStream{1, 5}), "ok");
}

TEST_F(RemoteStreamsTest, TheBeginningOfANewStreamIsOwedToWhoKnewTheOldOne) {
  Hear(1, 5);
  EXPECT_EQ(Hear(2, 3), "2");
}

TEST_F(RemoteStreamsTest, AStreamAfterAPauseIsNoGap) {
  Hear(1, 5);
  EXPECT_EQ(Hear(2, 1), "ok");
}

TEST_F(RemoteStreamsTest, WhatIsLeftOfAReplacedStreamIsOld) {
  Hear(1, 5);
  Hear(2, 1, ReplacedStream{1, 5});
  EXPECT_EQ(Hear(1, 6), "old");
  EXPECT_EQ(Hear(2, 2), "ok");
}

TEST_F(RemoteStreamsTest, WhatIsForgottenIsHeardFirst) {
  Hear(1, 5);
  streams_.Forget("a");
  EXPECT_EQ(Hear(1, 9), "ok");
  streams_.Clear();
  EXPECT_EQ(Hear(1, 20), "ok");
}

TEST_F(RemoteStreamsTest, AnIdleNamespaceIsForgotten) {
  Hear(1, 5);
  now_ += seconds(64);
  streams_.Tick(now_);
  EXPECT_EQ(streams_.size(), 1);
  now_ += seconds(1);
  streams_.Tick(now_);
  EXPECT_EQ(streams_.size(), 0);
}

TEST_F(RemoteStreamsTest, BeyondItsBoundTheOneThatWasQuietForLongestGoes) {
  Hear(1, 1, std::nullopt, kOther, "a");
  Hear(2, 1, std::nullopt, kOther, "b");
  Hear(1, 2, std::nullopt, kOther, "a");
  Hear(3, 1, std::nullopt, kOther, "c");
  EXPECT_EQ(streams_.size(), 2);
  EXPECT_EQ(Hear(1, 4, std::nullopt, kOther, "a"), "1");
  EXPECT_EQ(Hear(2, 4, std::nullopt, kOther, "b"), "ok");
}

TEST_F(RemoteStreamsTest, NodesThatCameAndWentAreBounded) {
  for (uint64_t i = 1; i <= 3 * RemoteStreams::kMostOrigins; ++i) {
    EXPECT_EQ(Hear(1, 1, std::nullopt, Incarnation{i}), "ok");
  }
  EXPECT_EQ(Hear(1, 3, std::nullopt, Incarnation{3 * RemoteStreams::kMostOrigins}), "1");
  EXPECT_EQ(Hear(1, 3, std::nullopt, Incarnation{1}), "ok");
}

}  // namespace
}  // namespace hookcast::backplane
