#include "tests/cluster/told_losses.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

namespace hookcast::testing {
namespace {

using ::testing::ElementsAre;
using ::testing::IsEmpty;

const Ledger::Taking kThree = {{0, {1, 2, 3}}};

TEST(ToldLosses, NothingIsWrongWhereAllCame) {
  EXPECT_THAT(
      FindUntoldLosses({Line::Message(0, 1), Line::Message(0, 2), Line::Message(0, 3)}, kThree),
      IsEmpty());
}

TEST(ToldLosses, WhatIsMissingHasToLieInAGap) {
  EXPECT_THAT(FindUntoldLosses({Line::Message(0, 1), Line::Message(0, 3)}, kThree),
              ElementsAre("message 2 of publisher 0 is missing, and no gap was told in its place"));
  EXPECT_THAT(FindUntoldLosses({Line::Message(0, 1), Line::Gap(1), Line::Message(0, 3)}, kThree),
              IsEmpty());
  EXPECT_THAT(FindUntoldLosses(
                  {Line::Gap(1), Line::Message(0, 1), Line::Message(0, 3), Line::Gap(1)}, kThree),
              ElementsAre("message 2 of publisher 0 is missing, and no gap was told in its place"))
      << "in its own place";
  EXPECT_THAT(FindUntoldLosses({Line::Message(0, 1), Line::Message(0, 2)}, kThree),
              ElementsAre("message 3 of publisher 0 is missing, and no gap was told in its place"));
  EXPECT_THAT(
      FindUntoldLosses({Line::Message(0, 1), Line::Message(0, 2), Line::Gap(std::nullopt)}, kThree),
      IsEmpty());
  EXPECT_THAT(FindUntoldLosses({Line::Gap(std::nullopt)}, kThree), IsEmpty());
}

TEST(ToldLosses, WhatWasNotTakenNeedNotCome) {
  EXPECT_THAT(FindUntoldLosses({Line::Message(0, 1), Line::Message(0, 5)}, {{0, {1, 5}}}),
              IsEmpty());
  EXPECT_THAT(FindUntoldLosses({Line::Message(0, 1), Line::Message(0, 2)}, {{0, {1}}}), IsEmpty())
      << "and may";
}

TEST(ToldLosses, NothingComesTwiceOrOutOfOrder) {
  EXPECT_THAT(FindUntoldLosses({Line::Message(0, 1), Line::Message(0, 1), Line::Message(0, 2),
                                Line::Message(0, 3)},
                               kThree),
              ElementsAre("message 1 of publisher 0 came behind 1"));
  EXPECT_THAT(FindUntoldLosses({Line::Message(0, 1), Line::Message(1, 7), Line::Message(0, 3),
                                Line::Message(0, 2), Line::Message(1, 8)},
                               {{1, {7, 8}}}),
              ElementsAre("message 2 of publisher 0 came behind 3"));
}

TEST(ToldLosses, TheLedgerNumbersEachPublisherInEachNamespace) {
  Ledger ledger;
  EXPECT_EQ(ledger.Begin(0, "a"), 1u);
  EXPECT_EQ(ledger.Begin(0, "a"), 2u);
  EXPECT_EQ(ledger.Begin(0, "b"), 1u);
  EXPECT_EQ(ledger.Begin(1, "a"), 1u);
  ledger.Taken(0, "a", 2);
  EXPECT_EQ(ledger.TakenIn("a"), (Ledger::Taking{{0, {2}}}));
  EXPECT_EQ(ledger.taken_count(), 1u);
}

}  // namespace
}  // namespace hookcast::testing
