#include "broker/control/peer_filter.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <set>

#include "tests/unit/broker/control/node_under_test.h"

namespace hookcast::control {
namespace {

using ::testing::UnorderedElementsAre;

class PeerFilterTest : public ::testing::Test {
 protected:
  std::set<pubsub::Peer*> Matching(const v1::PeerFilter& filter) {
    std::set<pubsub::Peer*> matching;
    const auto read = PeerFilter::Read(filter);
    EXPECT_TRUE(read.ok());
    node_.OnShard(0, [&](pubsub::Hub& hub) {
      read->Visit(hub, [&](pubsub::Peer* peer) { EXPECT_TRUE(matching.insert(peer).second); });
    });
    return matching;
  }

  NodeUnderTest node_{1};
  pubsub::Peer* const none_ = node_.AddPeer(0, "");
  pubsub::Peer* const a_ = node_.AddPeer(0, "/a", {"t"});
  pubsub::Peer* const quiet_ = node_.AddPeer(0, "/a");
  pubsub::Peer* const b_ = node_.AddPeer(0, "/b", {"t", "u"});
};

TEST_F(PeerFilterTest, AnEmptyOneMatchesAll) {
  EXPECT_THAT(Matching({}), UnorderedElementsAre(none_, a_, quiet_, b_));
}

TEST_F(PeerFilterTest, TheEmptyNamespaceIsANamespace) {
  v1::PeerFilter filter;
  filter.set_namespace_("");
  EXPECT_THAT(Matching(filter), UnorderedElementsAre(none_));
}

TEST_F(PeerFilterTest, AllSetFieldsMustMatch) {
  v1::PeerFilter filter;
  filter.set_topic("t");
  EXPECT_THAT(Matching(filter), UnorderedElementsAre(a_, b_));
  filter.set_namespace_("/a");
  EXPECT_THAT(Matching(filter), UnorderedElementsAre(a_));
  filter.clear_topic();
  EXPECT_THAT(Matching(filter), UnorderedElementsAre(a_, quiet_));
  filter.clear_namespace_();
  filter.set_path("/b");
  EXPECT_THAT(Matching(filter), UnorderedElementsAre(b_));
  filter.set_route("/{any}");
  EXPECT_THAT(Matching(filter), UnorderedElementsAre(b_));
  filter.set_route("/other");
  EXPECT_THAT(Matching(filter), UnorderedElementsAre());
}

TEST_F(PeerFilterTest, RefusesNamesAgainstTheLimits) {
  v1::PeerFilter filter;
  filter.set_namespace_(std::string(1025, 'n'));
  EXPECT_EQ(PeerFilter::Read(filter).status().code(), absl::StatusCode::kInvalidArgument);
  filter.set_namespace_("n");
  filter.set_topic(std::string(256, 't'));
  EXPECT_EQ(PeerFilter::Read(filter).status().code(), absl::StatusCode::kInvalidArgument);
}

}  // namespace
}  // namespace hookcast::control
