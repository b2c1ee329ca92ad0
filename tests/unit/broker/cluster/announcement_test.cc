#include "broker/cluster/announcement.h"

#include <gtest/gtest.h>

#include "hookcast/v1/envelope.pb.h"

namespace hookcast::cluster {
namespace {

using Kind = Announcement::Kind;

NodeRecord Node() {
  return {.incarnation = {0xfeed},
          .version = "1.2.3",
          .control_address = "node-a:8082",
          .started_at = std::chrono::system_clock::time_point(std::chrono::milliseconds(1234567)),
          .peers = 7,
          .namespaces = 3,
          .ready = true,
          .draining = true};
}

TEST(AnnouncementTest, ArrivesAsItWasSent) {
  for (const Kind kind : {Kind::kBeat, Kind::kHello, Kind::kLeaving}) {
    const auto read = Announcement::Parse(Announcement{Node(), kind}.ToBytes());
    ASSERT_TRUE(read.ok()) << read.status();
    EXPECT_EQ(read->node, Node());
    EXPECT_EQ(read->kind, kind);
  }
}

TEST(AnnouncementTest, OfALaterFormIsRefused) {
  v1::NodeAnnouncement proto;
  proto.ParseFromString(Announcement{Node(), Kind::kBeat}.ToBytes());
  proto.set_version(2);
  EXPECT_FALSE(Announcement::Parse(proto.SerializeAsString()).ok());
}

TEST(AnnouncementTest, WhatIsNoneIsRefused) {
  EXPECT_FALSE(Announcement::Parse("").ok());
  EXPECT_FALSE(Announcement::Parse("PUBLISH nodes hello").ok());
  const std::string whole = Announcement{Node(), Kind::kBeat}.ToBytes();
  for (size_t n = 0; n < whole.size(); ++n) {
    Announcement::Parse(whole.substr(0, n)).IgnoreError();  // must not end the process
  }
  EXPECT_FALSE(Announcement::Parse(whole + std::string(Announcement::kMostBytes, 'x')).ok());
}

TEST(AnnouncementTest, AStartThatNoClockCanShowIsRefused) {
  for (const int64_t bad : {int64_t{-1}, INT64_MAX, INT64_MIN}) {
    v1::NodeAnnouncement proto;
    ASSERT_TRUE(proto.ParseFromString(Announcement{Node(), Kind::kBeat}.ToBytes()));
    proto.set_started_at_ms(bad);
    EXPECT_FALSE(Announcement::Parse(proto.SerializeAsString()).ok()) << bad;
  }
}

TEST(AnnouncementTest, AnAddressThatIsNoHostAndPortIsRefused) {
  for (const char* bad : {"", "node-a:0", "unix:/run/socket", "dns:///host:80"}) {
    NodeRecord node = Node();
    node.control_address = bad;
    EXPECT_FALSE(Announcement::Parse(Announcement{node, Kind::kBeat}.ToBytes()).ok()) << bad;
  }
}

}  // namespace
}  // namespace hookcast::cluster
