#include "broker/control/peer_list.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <map>
#include <set>
#include <string>
#include <vector>

#include "absl/strings/str_cat.h"
#include "broker/control/peer_page.h"

namespace hookcast::control {
namespace {

using testing::ElementsAre;
using testing::IsEmpty;

// Nodes that answer as Handlers::ListPeers does, each with one shard.
class PeerListTest : public testing::Test {
 protected:
  v1::ListPeersResponse Ask(uint64_t node, const PeerListPlan::Question& question) {
    ++questions_;
    v1::ListPeersResponse response;
    if (silent_.contains(node)) return response;
    const PeerCursor after = *PeerCursor::Parse(question.cursor);
    const std::set<uint64_t>& peers = nodes_[node];
    response.set_total(peers.size());
    for (const uint64_t sequence : peers) {
      if (after.shard > ShardId{0} || sequence <= after.sequence) continue;
      if (static_cast<uint32_t>(response.peers_size()) == question.limit) {
        response.set_next_cursor("more");
        break;
      }
      response.add_peers()->mutable_peer()->set_id(PeerId{{node}, ShardId{0}, sequence}.ToString());
      response.mutable_peers()->rbegin()->mutable_peer()->set_path(std::string(path_bytes_, 'p'));
    }
    fetched_ += static_cast<size_t>(response.peers_size());
    return response;
  }

  v1::ListPeersResponse Page(const std::string& cursor, uint32_t limit) {
    std::vector<uint64_t> ids;
    for (const auto& [node, peers] : nodes_) ids.push_back(node);
    PeerListPlan plan(ids, *PeerListCursor::Parse(cursor), limit);
    for (const auto& question : plan.First())
      plan.Take(question, Ask(ids[question.node], question));
    for (const auto& question : plan.Second()) {
      plan.Take(question, Ask(ids[question.node], question));
    }
    return plan.Finish();
  }

  // "<node>/<sequence>" of all pages, in their order.
  std::vector<std::string> All(uint32_t limit) {
    std::vector<std::string> seen;
    std::string cursor;
    for (int pages = 0; pages < 1000; ++pages) {
      const v1::ListPeersResponse page = Page(cursor, limit);
      EXPECT_LE(page.peers_size(), static_cast<int>(limit));
      for (const v1::PeerInfo& peer : page.peers()) {
        const PeerId id = *PeerId::Parse(peer.peer().id());
        seen.push_back(absl::StrCat(id.incarnation.value, "/", id.sequence));
      }
      cursor = page.next_cursor();
      if (cursor.empty()) return seen;
    }
    ADD_FAILURE() << "the list has no end";
    return seen;
  }

  std::map<uint64_t, std::set<uint64_t>> nodes_;  // sequences by incarnation
  std::set<uint64_t> silent_;
  size_t path_bytes_ = 0;
  size_t questions_ = 0;
  size_t fetched_ = 0;
};

TEST_F(PeerListTest, CursorsReadWhatTheyWrite) {
  const PeerListCursor cursor{PeerId{{0xfeed}, ShardId{3}, 99}};
  EXPECT_EQ(PeerListCursor::Parse(cursor.ToString())->last, cursor.last);
  EXPECT_EQ(PeerListCursor::Parse("")->last, PeerId{});
  for (const char* bad : {"x", "1.2", "000000000000feed", "000000000000feed-3"}) {
    EXPECT_FALSE(PeerListCursor::Parse(bad)) << bad;
  }
}

TEST_F(PeerListTest, ListsEachPeerOnceByNodeAndSequenceWhateverThePage) {
  nodes_ = {{1, {1, 2, 3}}, {2, {}}, {3, {5}}, {4, {1, 9}}};
  const std::vector<std::string> all = {"1/1", "1/2", "1/3", "3/5", "4/1", "4/9"};
  for (uint32_t limit = 1; limit <= 8; ++limit) EXPECT_EQ(All(limit), all) << limit;
  nodes_ = {{1, {}}};
  EXPECT_THAT(All(1), IsEmpty());
}

TEST_F(PeerListTest, EachPageTellsHowManyThereAreInAll) {
  nodes_ = {{1, {1, 2, 3}}, {3, {5}}, {4, {1, 9}}};
  std::string cursor;
  for (int i = 0; i < 3; ++i) {
    const v1::ListPeersResponse page = Page(cursor, 2);
    EXPECT_EQ(page.total(), 6u);
    cursor = page.next_cursor();
  }
  EXPECT_EQ(cursor, "");
}

TEST_F(PeerListTest, APageFetchesLittleMoreThanItShows) {
  for (uint64_t node = 1; node <= 50; ++node) {
    for (uint64_t peer = 1; peer <= 100; ++peer) nodes_[node].insert(peer);
  }
  EXPECT_EQ(Page("", 250).peers_size(), 250);
  EXPECT_LE(fetched_, 350u);
  EXPECT_EQ(questions_, 52u);
}

TEST_F(PeerListTest, ANodeThatLeavesBetweenPagesTakesItsPeersAlone) {
  nodes_ = {{1, {1, 2, 3}}, {2, {1, 2}}, {3, {1}}};
  const v1::ListPeersResponse first = Page("", 2);
  nodes_.erase(1);
  const v1::ListPeersResponse second = Page(first.next_cursor(), 10);
  ASSERT_EQ(second.peers_size(), 3);
  EXPECT_EQ(second.peers(0).peer().id(), (PeerId{{2}, ShardId{0}, 1}.ToString()));
  EXPECT_EQ(second.next_cursor(), "");
}

TEST_F(PeerListTest, ANodeThatDoesNotAnswerIsPassedOver) {
  nodes_ = {{1, {1}}, {2, {1, 2}}, {3, {1}}};
  for (const uint64_t silent : {1, 2, 3}) {
    silent_ = {silent};
    for (uint32_t limit = 1; limit <= 4; ++limit) {
      std::vector<std::string> expected;
      for (const auto& [node, peers] : nodes_) {
        if (node == silent) continue;
        for (const uint64_t peer : peers) expected.push_back(absl::StrCat(node, "/", peer));
      }
      EXPECT_EQ(All(limit), expected) << silent << " " << limit;
    }
  }
}

TEST_F(PeerListTest, APageEndsBeforeItGrowsTooLarge) {
  nodes_ = {{1, {1, 2}}, {2, {1, 2}}};
  path_bytes_ = kPageBytes / 2;
  EXPECT_EQ(Page("", 100).peers_size(), 1);
  EXPECT_THAT(All(100), ElementsAre("1/1", "1/2", "2/1", "2/2"));
  path_bytes_ = 2 * kPageBytes;
  EXPECT_THAT(All(100), ElementsAre("1/1", "1/2", "2/1", "2/2"));
}

}  // namespace
}  // namespace hookcast::control
