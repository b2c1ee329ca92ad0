#include "broker/hooks/hook_event.h"

#include <gtest/gtest.h>

namespace hookcast::hooks {
namespace {

TEST(HookEventTest, EachEventHasItsHook) {
  EXPECT_EQ(PeerEvent{.what = OpenEvent{}}.hook(), Hook::kOpen);
  EXPECT_EQ(PeerEvent{.what = MessageEvent{}}.hook(), Hook::kMessage);
  EXPECT_EQ(PeerEvent{.what = CloseEvent{}}.hook(), Hook::kClose);
  EXPECT_EQ(PeerEvent{.what = ErrorEvent{}}.hook(), Hook::kError);
}

TEST(HookEventTest, AnEventsIdIsItsPeersAndItsNumber) {
  const PeerId peer{Incarnation{0xabc}, ShardId{2}, 17};
  EXPECT_EQ(EventId(peer, 0), peer.ToString() + "/0");
  EXPECT_EQ(EventId(peer, 12), peer.ToString() + "/12");
  EXPECT_NE(EventId(peer, 1), EventId(PeerId{Incarnation{0xabc}, ShardId{2}, 18}, 1));
}

TEST(HookEventTest, AConnectionOfWhichNothingIsKnownWasLost) {
  const CloseDetails details;
  EXPECT_EQ(details.code, 1006);
  EXPECT_EQ(details.by, ClosedBy::kNetwork);
  EXPECT_FALSE(details.was_clean);
}

}  // namespace
}  // namespace hookcast::hooks
