#include "broker/cluster/membership.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <memory>
#include <string>
#include <vector>

#include "tests/fakes/manual_clock.h"

namespace hookcast::cluster {
namespace {

using std::chrono::milliseconds;
using std::chrono::seconds;
using testing::ElementsAre;
using testing::IsEmpty;
using Kind = Announcement::Kind;

// Nodes whose announcements reach all of them at once, while the link is there.
class MembershipTest : public testing::Test {
 protected:
  struct Node {
    Node(MembershipTest* test, uint64_t id)
        : directory({id}, false, &test->clock_, &test->metrics_),
          membership({.describe =
                          [this, id] {
                            return NodeRecord{.incarnation = {id},
                                              .control_address = "n" + std::to_string(id) + ":1",
                                              .ready = ready};
                          },
                      .announce =
                          [test, this](std::string bytes) {
                            sent.push_back(Announcement::Parse(bytes)->kind);
                            if (!test->link_) return;
                            for (const auto& node : test->nodes_) {
                              node->membership.OnAnnouncement(bytes);
                            }
                          },
                      .wake = [this] { ++woken; }},
                     &directory, &test->clock_, &test->metrics_) {}

    bool ready = false;
    std::vector<Kind> sent;
    int woken = 0;
    NodeDirectory directory;
    Membership membership;
  };

  Node* Add(uint64_t id) {
    nodes_.push_back(std::make_unique<Node>(this, id));
    return nodes_.back().get();
  }
  // Lets each node beat whenever it wants to, for so long.
  void Run(Duration time) {
    const TimePoint end = clock_.Now() + time;
    while (true) {
      Duration next = end - clock_.Now();
      for (const auto& node : nodes_) next = std::min(next, node->membership.Beat());
      if (clock_.Now() >= end) return;
      clock_.Advance(std::max<Duration>(next, milliseconds(1)));
    }
  }
  static std::vector<uint64_t> Knows(const Node& node) {
    std::vector<uint64_t> ids;
    for (const NodeRecord& other : node.directory.Others()) ids.push_back(other.incarnation.value);
    return ids;
  }

  fakes::ManualClock clock_;
  metrics::Catalogue metrics_;
  bool link_ = true;
  std::vector<std::unique_ptr<Node>> nodes_;
};

TEST_F(MembershipTest, AnnouncesTheNodeEveryThreeSeconds) {
  Node* const node = Add(1);
  Run(seconds(9));
  EXPECT_THAT(node->sent, ElementsAre(Kind::kHello, Kind::kBeat, Kind::kBeat, Kind::kBeat));
}

TEST_F(MembershipTest, ANodeThatStartsKnowsAllWithinAMoment) {
  Node* const first = Add(1);
  Node* const second = Add(2);
  Run(seconds(10));
  Node* const third = Add(3);
  Run(Membership::kLeastSpread + milliseconds(1));
  EXPECT_THAT(Knows(*third), ElementsAre(1, 2));
  EXPECT_THAT(Knows(*first), ElementsAre(2, 3));
  EXPECT_THAT(Knows(*second), ElementsAre(1, 3));
  EXPECT_GT(first->woken, 0);
}

TEST_F(MembershipTest, SaysHelloLessAndLessOftenUntilItHearsItself) {
  link_ = false;
  Node* const node = Add(1);
  Run(seconds(2));
  EXPECT_EQ(node->sent, std::vector<Kind>(4, Kind::kHello)) << "at 0, 0.2, 0.6, 1.4 s";
  node->sent.clear();
  Run(seconds(60));
  EXPECT_THAT(node->sent.size(), testing::AllOf(testing::Ge(19u), testing::Le(21u)));
  link_ = true;
  Run(2 * Membership::kBeat);
  EXPECT_EQ(node->sent.back(), Kind::kBeat);
}

TEST_F(MembershipTest, SaysHelloAgainAfterItHeardNothing) {
  Node* const first = Add(1);
  Node* const second = Add(2);
  Run(seconds(6));
  link_ = false;
  Run(seconds(60));
  EXPECT_THAT(Knows(*first), ElementsAre(2));
  link_ = true;
  for (const auto& node : nodes_)
    node->membership.OnAnnouncement("");  // as the link is there again
  second->sent.clear();
  Run(milliseconds(300));
  EXPECT_EQ(second->sent.front(), Kind::kHello);
  EXPECT_THAT(Knows(*first), ElementsAre(2));
}

TEST_F(MembershipTest, ManyHellosAreAnsweredTogether) {
  Node* const node = Add(1);
  Run(seconds(2));
  node->sent.clear();
  for (uint64_t id = 10; id < 100; ++id) {
    node->membership.OnAnnouncement(Announcement{
        {.incarnation = {id}, .control_address = "x" + std::to_string(id) + ":1"}, Kind::kHello}
                                        .ToBytes());
    Run(milliseconds(1));
  }
  // The spread grows with the nodes that are known. Drawn shortest, it lets an answer go after 0,
  // 20, 41 and 83 ms; drawn longest, after 20 and 44.
  EXPECT_LE(node->sent.size(), 4u);
  EXPECT_GE(node->sent.size(), 2u);
}

TEST_F(MembershipTest, HundredsThatStartAtOnceKnowEachOtherInTimeForFewWords) {
  constexpr uint64_t kNodes = 200;
  for (uint64_t id = 1; id <= kNodes; ++id) Add(id);
  Run(NodeDirectory::kSettles);
  size_t words = 0;
  for (const auto& node : nodes_) {
    EXPECT_EQ(node->directory.Others().size(), kNodes - 1);
    words += node->sent.size();
  }
  EXPECT_LE(words, 5 * kNodes) << "each is brought to all";
}

TEST_F(MembershipTest, AChangeIsAnnouncedAtOnce) {
  Node* const node = Add(1);
  Node* const other = Add(2);
  Run(seconds(1));
  node->ready = true;
  node->membership.Changed();
  Run(Duration::zero());
  EXPECT_TRUE(other->directory.Find({1})->ready);
}

TEST_F(MembershipTest, ANodeThatLeavesIsForgottenAndSaysNoMore) {
  Node* const node = Add(1);
  Node* const other = Add(2);
  Run(seconds(1));
  node->membership.Leave();
  EXPECT_THAT(Knows(*other), IsEmpty());
  node->sent.clear();
  node->membership.Changed();
  Run(seconds(10));
  EXPECT_THAT(node->sent, IsEmpty());
  EXPECT_THAT(Knows(*other), IsEmpty());
}

TEST_F(MembershipTest, WhatCannotBeReadIsCounted) {
  Add(1)->membership.OnAnnouncement("nonsense");
  EXPECT_EQ(metrics_.announcements.value(metrics::Announced::kUnreadable), 1u);
}

}  // namespace
}  // namespace hookcast::cluster
