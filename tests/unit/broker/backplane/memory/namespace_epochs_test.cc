#include "broker/backplane/memory/namespace_epochs.h"

#include <gtest/gtest.h>

#include <chrono>
#include <string>

#include "absl/strings/str_cat.h"
#include "tests/fakes/manual_clock.h"

namespace hookcast::backplane {
namespace {

using std::chrono::milliseconds;
using std::chrono::minutes;
using std::chrono::seconds;

class NamespaceEpochsTest : public testing::Test {
 protected:
  uint64_t NowMs() const {
    return static_cast<uint64_t>(
        std::chrono::duration_cast<milliseconds>(clock_.WallNow().time_since_epoch()).count());
  }
  // Enough streams end that there is one in each slot.
  void EndOthers() {
    for (int i = 0; i < 20'000; ++i) {
      const std::string ns = absl::StrCat("other", i);
      epochs_.End(ns, epochs_.Of(ns));
    }
  }

  fakes::ManualClock clock_;
  NamespaceEpochs epochs_{&clock_, 10'000};
};

TEST_F(NamespaceEpochsTest, AnEpochIsTheTimeOfTheStartAndThenWhenAStreamEnded) {
  const uint64_t start = NowMs();
  clock_.Advance(seconds(5));
  EXPECT_EQ(epochs_.Of("a"), start);
  epochs_.End("a", start);
  EXPECT_EQ(epochs_.Of("a"), NowMs());
}

TEST_F(NamespaceEpochsTest, NoneIsGivenTwiceToANamespaceThoughTheClockIsSetBack) {
  uint64_t last = epochs_.Of("a");
  clock_.JumpWall(-std::chrono::hours(1));
  for (int i = 0; i < 3; ++i) {
    epochs_.End("a", last);
    EXPECT_GT(epochs_.Of("a"), last);
    last = epochs_.Of("a");
  }
  epochs_.End("a", last - 1);
  EXPECT_EQ(epochs_.Of("a"), last) << "one that ended later, and began before";
}

TEST_F(NamespaceEpochsTest, ManyNamespacesAtOnceDoNotRunAheadOfTheClock) {
  for (int i = 0; i < 100'000; ++i) {
    const std::string ns = absl::StrCat("ns", i);
    epochs_.Want(ns);
    ASSERT_LE(epochs_.Of(ns), NowMs());
    epochs_.Unwant(ns, minutes(10));
  }
  // And so a node that starts a moment later gives none of them.
  clock_.Advance(milliseconds(1));
  const NamespaceEpochs restarted(&clock_, 10'000);
  EXPECT_GT(restarted.Of("ns99999"), epochs_.Of("ns99999"));
}

TEST_F(NamespaceEpochsTest, AWantedNamespaceKeepsItsEpochWhateverEndsElsewhere) {
  const uint64_t start = epochs_.Of("a");
  epochs_.Want("a");
  clock_.Advance(seconds(5));
  EndOthers();
  EXPECT_EQ(epochs_.Of("a"), start);
  EXPECT_GT(epochs_.Of("b"), start) << "one that nobody wants does not";
  epochs_.Unwant("a", minutes(10));
  clock_.Advance(minutes(10) - seconds(1));
  epochs_.Want("x");
  EXPECT_EQ(epochs_.Of("a"), start);
  EXPECT_TRUE(epochs_.Wanted("a", minutes(10)));
  EXPECT_FALSE(epochs_.Wanted("a", minutes(9)));
  clock_.Advance(seconds(1));
  epochs_.Want("y");
  EXPECT_GT(epochs_.Of("a"), start);
  EXPECT_EQ(epochs_.bytes_left(), 0);
}

TEST_F(NamespaceEpochsTest, AWantedNamespaceBeginsAnewWhereItsOwnStreamEnds) {
  epochs_.Want("a");
  const uint64_t start = epochs_.Of("a");
  epochs_.Unwant("a", minutes(10));
  epochs_.End("a", start);
  EXPECT_GT(epochs_.Of("a"), start);
}

TEST_F(NamespaceEpochsTest, WhatIsRememberedOfThoseThatWereLeftIsBoundedAndTheFirstGoFirst) {
  const uint64_t start = epochs_.Of("a");
  epochs_.Want("here");
  for (int i = 0; i < 1'000; ++i) {
    const std::string ns = absl::StrCat("ns", i);
    epochs_.Want(ns);
    epochs_.Unwant(ns, minutes(10));
    EXPECT_LE(epochs_.bytes_left(), 10'000);
  }
  EXPECT_GT(epochs_.bytes_left(), 5'000);
  EndOthers();
  EXPECT_EQ(epochs_.Of("ns999"), start);
  EXPECT_GT(epochs_.Of("ns0"), start);
  EXPECT_EQ(epochs_.Of("here"), start) << "what is wanted is not bounded by this";
  EXPECT_TRUE(epochs_.Wanted("here", seconds(0)));
}

}  // namespace
}  // namespace hookcast::backplane
