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

TEST(AnnouncementTest, AnAddressThatIsNoHostAndPortIsRefused) {
  for (const char* good : {"node-a:8082", "10.0.0.1:1", "[::1]:65535", "[fe80::1%eth0]:80"}) {
    EXPECT_TRUE(IsHostAndPort(good)) << good;
  }
  for (const char* bad : {"", "node-a", ":8082", "node-a:", "node-a:0", "node-a:65536",
                          "node-a:80x", "::1:80", "unix:/run/socket", "unix:///run/socket:1",
                          "dns:///host:80", "a b:80", "[]:80", "a\n:80", "a,b:80"}) {
    EXPECT_FALSE(IsHostAndPort(bad)) << bad;
    NodeRecord node = Node();
    node.control_address = bad;
    EXPECT_FALSE(Announcement::Parse(Announcement{node, Kind::kBeat}.ToBytes()).ok()) << bad;
  }
}

}  // namespace
}  // namespace hookcast::cluster
