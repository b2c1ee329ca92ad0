#include "broker/control/peer_info.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include "tests/unit/broker/control/node_under_test.h"

namespace hookcast::control {
namespace {

TEST(PeerInfo, TellsThePeerItsNodeAndItsCounts) {
  NodeUnderTest node(1);
  fakes::RecordingPeer* const peer = node.AddPeer(0, "/a", {"t"});
  node.OnShard(0, [&](pubsub::Hub&) { peer->Send({}); });
  const v1::PeerInfo info = Describe(*peer, "node-1");
  EXPECT_EQ(info.peer().id(), peer->id().ToString());
  EXPECT_EQ(info.peer().namespace_(), "/a");
  EXPECT_THAT(info.peer().topics(), ::testing::ElementsAre("t"));
  EXPECT_EQ(info.node(), "node-1");
  EXPECT_EQ(info.sent_messages(), 1u);
  EXPECT_FALSE(info.has_request());
  EXPECT_EQ(info.connected_at().seconds(), 1'700'000'000);
}

TEST(PeerInfo, TimesBefore1970HavePositiveFractions) {
  const auto time = std::chrono::system_clock::time_point(std::chrono::milliseconds(-1500));
  EXPECT_EQ(ToTimestamp(time).seconds(), -2);
  EXPECT_EQ(ToTimestamp(time).nanos(), 500'000'000);
}

}  // namespace
}  // namespace hookcast::control
