#include "broker/control/peer_page.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <string>
#include <vector>

#include "tests/unit/broker/control/node_under_test.h"

namespace hookcast::control {
namespace {

TEST(PeerCursor, ReadsWhatItWrites) {
  const PeerCursor cursor{ShardId{3}, 0xFFFFFFFFFFFFFFFF};
  const auto read = PeerCursor::Parse(cursor.ToString());
  ASSERT_TRUE(read.has_value());
  EXPECT_EQ(read->shard, cursor.shard);
  EXPECT_EQ(read->sequence, cursor.sequence);
  EXPECT_EQ(PeerCursor::Parse("")->sequence, 0u);
}

TEST(PeerCursor, RefusesAnythingElse) {
  for (const char* text : {".", "1", "1.", ".1", "1.x", "x.1", "-1.1", "1.-1", "1.1 ", "65536.1",
                           "1.18446744073709551616", "1.1.1"}) {
    EXPECT_FALSE(PeerCursor::Parse(text).has_value()) << text;
  }
}

class PeerPage : public ::testing::Test {
 protected:
  v1::ListPeersResponse Page(size_t limit, const std::string& cursor) {
    std::vector<ShardPage> pages;
    for (size_t shard = 0; shard < 3; ++shard) {
      node_.OnShard(shard, [&](pubsub::Hub& hub) {
        pages.push_back(TakePage(hub, filter_, *PeerCursor::Parse(cursor), limit, "n"));
      });
    }
    return MergePages(std::move(pages), limit);
  }

  // All ids, by following cursors; no page may be longer than the limit.
  std::vector<std::string> Walk(size_t limit) {
    std::vector<std::string> ids;
    std::string cursor;
    do {
      const v1::ListPeersResponse page = Page(limit, cursor);
      EXPECT_LE(static_cast<size_t>(page.peers_size()), limit);
      EXPECT_GT(page.peers_size(), 0);
      EXPECT_EQ(page.total(), expected_.size());
      for (const v1::PeerInfo& info : page.peers()) ids.push_back(info.peer().id());
      cursor = page.next_cursor();
    } while (!cursor.empty() && ids.size() <= expected_.size());
    return ids;
  }

  NodeUnderTest node_{3};
  const PeerFilter filter_ = *PeerFilter::Read({});
  std::vector<std::string> expected_;
};

TEST_F(PeerPage, WalksAllPeersOnceInOrderWhateverTheLimit) {
  for (const auto& [shard, count] : {std::pair<size_t, int>{0, 7}, {2, 5}}) {
    for (int i = 0; i < count; ++i) {
      expected_.push_back(node_.AddPeer(shard, "/" + std::to_string(i % 3))->id().ToString());
    }
  }
  for (size_t limit = 1; limit <= expected_.size() + 1; ++limit) {
    EXPECT_EQ(Walk(limit), expected_) << limit;
  }
}

TEST_F(PeerPage, IsEmptyWhereThereIsNobody) {
  const v1::ListPeersResponse page = Page(10, "");
  EXPECT_EQ(page.peers_size(), 0);
  EXPECT_EQ(page.total(), 0u);
  EXPECT_EQ(page.next_cursor(), "");
}

TEST_F(PeerPage, PeersThatStayAreSeenOnceWhileOthersComeAndGo) {
  std::vector<fakes::RecordingPeer*> peers;
  for (int i = 0; i < 4; ++i) peers.push_back(node_.AddPeer(0, "/a"));
  const v1::ListPeersResponse first = Page(2, "");
  node_.OnShard(0, [&](pubsub::Hub& hub) { hub.Remove(peers[1]); });
  node_.AddPeer(0, "/a");
  const v1::ListPeersResponse second = Page(2, first.next_cursor());
  ASSERT_EQ(second.peers_size(), 2);
  EXPECT_EQ(second.peers(0).peer().id(), peers[2]->id().ToString());
  EXPECT_EQ(second.peers(1).peer().id(), peers[3]->id().ToString());
}

TEST_F(PeerPage, EndsEarlyWherePeersAreLargeAndGoesOnFromThere) {
  v1::Context context;
  context.set_bytes(std::string(60'000, 'c'));
  for (size_t shard : {0, 1}) {
    for (int i = 0; i < 20; ++i) {
      fakes::RecordingPeer* const peer = node_.AddPeer(shard, "/a");
      peer->set_context(context.SerializeAsString());
      expected_.push_back(peer->id().ToString());
    }
  }
  const v1::ListPeersResponse page = Page(1000, "");
  EXPECT_LE(page.ByteSizeLong(), kPageBytes + 1000);
  EXPECT_LT(page.peers_size(), 20);
  EXPECT_NE(page.next_cursor(), "");
  EXPECT_EQ(Walk(1000), expected_);
}

}  // namespace
}  // namespace hookcast::control
