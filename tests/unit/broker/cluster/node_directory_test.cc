#include "broker/cluster/node_directory.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <string>
#include <thread>
#include <vector>

#include "tests/fakes/manual_clock.h"

namespace hookcast::cluster {
namespace {

using std::chrono::milliseconds;
using std::chrono::seconds;
using testing::ElementsAre;
using testing::IsEmpty;
using testing::SizeIs;
using Heard = NodeDirectory::Heard;
using Kind = Announcement::Kind;

class NodeDirectoryTest : public testing::Test {
 protected:
  NodeRecord Node(uint64_t id, const std::string& address = "") const {
    return {.incarnation = {id},
            .control_address = address.empty() ? "n" + std::to_string(id) + ":8082" : address,
            .started_at = clock_.WallNow()};
  }
  Heard Hear(const NodeRecord& node, Kind kind = Kind::kBeat) {
    return directory_.Hear({node, kind});
  }
  std::vector<uint64_t> Others() const {
    std::vector<uint64_t> ids;
    for (const NodeRecord& node : directory_.Others()) ids.push_back(node.incarnation.value);
    return ids;
  }
  // Lets time pass in which this node hears itself.
  void Pass(Duration time) {
    for (; time > Duration::zero(); time -= seconds(1)) {
      clock_.Advance(seconds(1));
      Hear(self_);
    }
  }

  fakes::ManualClock clock_;
  metrics::Catalogue metrics_;
  NodeDirectory directory_{{100}, /*alone=*/false, &clock_, &metrics_};
  const NodeRecord self_ = Node(100);
};

TEST_F(NodeDirectoryTest, WhatMayHaveBeenMissedIsAwaitedAnew) {
  Hear(self_);
  clock_.Advance(seconds(1));
  EXPECT_TRUE(directory_.settled());
  directory_.MayHaveMissed();
  EXPECT_FALSE(directory_.settled());
  EXPECT_FALSE(directory_.hears_itself()) << "so that it says hello";
  Hear(self_);
  EXPECT_FALSE(directory_.hears_itself()) << "that beat may have been under way before";
  Hear(self_, Kind::kHello);
  EXPECT_TRUE(directory_.hears_itself());
  EXPECT_FALSE(directory_.settled()) << "others have not answered yet";
  clock_.Advance(NodeDirectory::kSettles);
  EXPECT_TRUE(directory_.settled());
}

TEST_F(NodeDirectoryTest, ANodeThatHearsNothingKnowsNotAllAndForAMomentBehindThat) {
  Hear(self_);
  clock_.Advance(NodeDirectory::kDeaf + seconds(1));
  EXPECT_FALSE(directory_.settled());
  Hear(self_);
  EXPECT_FALSE(directory_.settled());
  clock_.Advance(NodeDirectory::kSettles);
  EXPECT_TRUE(directory_.settled());
}

TEST_F(NodeDirectoryTest, KnowsWhoWasHeardButNotItself) {
  EXPECT_EQ(Hear(self_), Heard::kOwn);
  EXPECT_EQ(Hear(Node(2)), Heard::kNew);
  EXPECT_EQ(Hear(Node(1)), Heard::kNew);
  EXPECT_EQ(Hear(Node(2)), Heard::kKnown);
  EXPECT_THAT(Others(), ElementsAre(1, 2));
  EXPECT_EQ(directory_.Find({2})->control_address, "n2:8082");
  EXPECT_FALSE(directory_.Find({100}));
  EXPECT_FALSE(directory_.Find({3}));
}

TEST_F(NodeDirectoryTest, TellsWhatANodeSaidLast) {
  NodeRecord node = Node(1);
  Hear(node);
  node.peers = 12;
  node.draining = true;
  Hear(node);
  EXPECT_EQ(directory_.Find({1}), node);
}

TEST_F(NodeDirectoryTest, ANodeThatFallsSilentIsGoneAfterTenSeconds) {
  Hear(self_);
  Hear(Node(1));
  Pass(seconds(9));
  EXPECT_THAT(Others(), ElementsAre(1));
  Pass(seconds(1));
  EXPECT_THAT(Others(), IsEmpty());
  EXPECT_FALSE(directory_.Find({1}));
  EXPECT_EQ(Hear(Node(1)), Heard::kNew);
  EXPECT_THAT(Others(), ElementsAre(1));
}

TEST_F(NodeDirectoryTest, ANodeThatFallsSilentAndAnswersIsThere) {
  Hear(self_);
  Hear(Node(1));
  Hear(Node(2));
  Pass(seconds(3));
  EXPECT_THAT(directory_.Silent(), IsEmpty());
  Pass(seconds(2));
  EXPECT_THAT(directory_.Silent(), SizeIs(2));
  directory_.Answered({1});
  ASSERT_THAT(directory_.Silent(), SizeIs(1));
  EXPECT_EQ(directory_.Silent()[0].incarnation.value, 2);
  Pass(seconds(5));
  directory_.Answered({2});
  EXPECT_THAT(Others(), ElementsAre(1)) << "an answer that comes too late is none";
  directory_.Sweep();
  directory_.Answered({3});
  EXPECT_THAT(Others(), ElementsAre(1));
  EXPECT_EQ(directory_.known(), 1);
}

TEST_F(NodeDirectoryTest, ANodeThatHearsNothingAsksNobodyWhetherTheyAreThere) {
  Hear(self_);
  Hear(Node(1));
  clock_.Advance(NodeDirectory::kDeaf + seconds(1));
  EXPECT_THAT(directory_.Silent(), IsEmpty());
  EXPECT_THAT(Others(), ElementsAre(1));
}

TEST_F(NodeDirectoryTest, ANodeThatLeavesIsGoneAtOnce) {
  Hear(Node(1));
  EXPECT_EQ(Hear(Node(1), Kind::kLeaving), Heard::kGone);
  EXPECT_THAT(Others(), IsEmpty());
}

TEST_F(NodeDirectoryTest, ALaterIncarnationTakesTheAddressOfAnEarlierOne) {
  Hear(self_);
  Hear(Node(1, "a:1"));
  clock_.Advance(seconds(1));
  Hear(self_);
  EXPECT_EQ(Hear(Node(2, "a:1")), Heard::kNew);
  clock_.Advance(NodeDirectory::kSettles);
  EXPECT_THAT(Others(), ElementsAre(2));
}

TEST_F(NodeDirectoryTest, TwoThatTellOneAddressAndBothSpeakAreBothAlive) {
  Hear(self_);
  const NodeRecord earlier = Node(1, "127.0.0.1:8082");
  Hear(earlier);
  clock_.Advance(seconds(1));
  Hear(self_);
  const NodeRecord later = Node(2, "127.0.0.1:8082");
  Hear(later);
  EXPECT_THAT(Others(), ElementsAre(1, 2)) << "it may answer the other's hello";
  EXPECT_EQ(Hear(earlier), Heard::kKnown) << "it did not end";
  for (int i = 0; i < 20; ++i) {
    Pass(seconds(1));
    Hear(earlier);
    Hear(later);
    EXPECT_THAT(Others(), ElementsAre(1, 2));
  }
}

TEST_F(NodeDirectoryTest, ANodeThatMovesTakesItsNewAddress) {
  Hear(self_);
  Hear(Node(1, "a:1"));
  clock_.Advance(seconds(1));
  Hear(self_);
  Hear(Node(2, "b:1"));
  EXPECT_EQ(Hear(Node(2, "a:1")), Heard::kNew);
  clock_.Advance(NodeDirectory::kSettles);
  EXPECT_THAT(Others(), ElementsAre(2));
}

TEST_F(NodeDirectoryTest, AnotherNodeThatTellsItsOwnAddressIsAlive) {
  Hear(self_);
  EXPECT_EQ(Hear(Node(1, self_.control_address)), Heard::kNew);
  EXPECT_THAT(Others(), ElementsAre(1));
}

TEST_F(NodeDirectoryTest, WhileItHearsNotEvenItselfNobodyIsDeclaredGone) {
  Hear(self_);
  Hear(Node(1));
  clock_.Advance(seconds(3600));
  EXPECT_FALSE(directory_.hears_itself());
  EXPECT_THAT(Others(), ElementsAre(1));
  // It hears itself again: the other has its ten seconds from here.
  Hear(self_);
  EXPECT_TRUE(directory_.hears_itself());
  Pass(seconds(9));
  EXPECT_THAT(Others(), ElementsAre(1));
  Pass(seconds(1));
  EXPECT_THAT(Others(), IsEmpty());
}

TEST_F(NodeDirectoryTest, AfterAShortSilenceTooTheOthersHaveTheirTimeAnew) {
  Hear(self_);
  Hear(Node(1));
  clock_.Advance(milliseconds(2900));
  Hear(self_);
  clock_.Advance(milliseconds(5600));
  directory_.MayHaveMissed();
  Hear(self_, Kind::kHello);
  clock_.Advance(milliseconds(2500));
  EXPECT_THAT(Others(), ElementsAre(1)) << "its own link may come back later";
}

TEST_F(NodeDirectoryTest, WhoWasGoneBeforeTheSilenceStaysGone) {
  Hear(self_);
  Hear(Node(1));
  Pass(seconds(10));
  clock_.Advance(seconds(60));
  Hear(self_);
  EXPECT_THAT(Others(), IsEmpty());
}

TEST_F(NodeDirectoryTest, SettlesAMomentAfterItFirstHeardItself) {
  EXPECT_FALSE(directory_.settled());
  clock_.Advance(seconds(5));
  EXPECT_FALSE(directory_.settled());
  Hear(self_);
  EXPECT_FALSE(directory_.settled());
  clock_.Advance(milliseconds(500));
  EXPECT_TRUE(directory_.settled());
  NodeDirectory alone({1}, /*alone=*/true, &clock_, &metrics_);
  EXPECT_TRUE(alone.settled());
}

TEST_F(NodeDirectoryTest, HoldsSoManyAndNoMore) {
  Hear(self_);
  for (uint64_t id = 1000; id < 1000 + NodeDirectory::kMost; ++id) Hear(Node(id));
  EXPECT_EQ(Hear(Node(1)), Heard::kIgnored);
  EXPECT_EQ(Others().size(), NodeDirectory::kMost);
  EXPECT_EQ(metrics_.announcements.value(metrics::Announced::kTooMany), 1u);
  EXPECT_EQ(Hear(Node(1000)), Heard::kKnown);
  Pass(seconds(10));  // all fall silent, and leave room
  EXPECT_EQ(Hear(Node(1)), Heard::kNew);
  EXPECT_THAT(Others(), ElementsAre(1));
}

TEST_F(NodeDirectoryTest, ManyThreadsMayHearAndAsk) {
  Hear(self_);
  std::vector<std::thread> threads;
  for (uint64_t thread = 1; thread <= 4; ++thread) {
    threads.emplace_back([this, thread] {
      for (int i = 0; i < 500; ++i) {
        directory_.Hear({Node(thread), Kind::kBeat});
        EXPECT_TRUE(directory_.Find({thread}));
        EXPECT_LE(directory_.Others().size(), 4u);
        directory_.Hear({self_, Kind::kBeat});
        if (i % 100 == 0) directory_.Hear({Node(thread), Kind::kLeaving});
      }
    });
  }
  for (std::thread& thread : threads) thread.join();
  EXPECT_EQ(Others().size(), 4u);
}

}  // namespace
}  // namespace hookcast::cluster
