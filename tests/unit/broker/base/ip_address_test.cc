#include "broker/base/ip_address.h"

#include <gtest/gtest.h>

namespace hookcast {
namespace {

std::string Text(std::string_view text) {
  const auto address = IpAddress::Parse(text);
  return address ? address->ToString() : "none";
}

TEST(IpAddressTest, AddressesComeBackInTheirUsualForm) {
  EXPECT_EQ(Text("192.0.2.1"), "192.0.2.1");
  EXPECT_EQ(Text("2001:DB8:0:0::1"), "2001:db8::1");
  EXPECT_EQ(Text("::"), "::");
  EXPECT_TRUE(IpAddress::Parse("192.0.2.1")->is_v4());
  EXPECT_FALSE(IpAddress::Parse("::1")->is_v4());
}

TEST(IpAddressTest, WhatIsNoAddressAloneIsNone) {
  for (const char* text : {"", "192.0.2", "192.0.2.1:80", "192.0.2.01", "256.0.0.1", "[::1]",
                           "fe80::1%eth0", "localhost", " ::1", "::1 ", "1.2.3.4.5", "0x7f.1",
                           "2001:db8::1::2", "0000:0000:0000:0000:0000:0000:0000:0000:0000:0000"}) {
    EXPECT_EQ(Text(text), "none") << text;
  }
  EXPECT_EQ(Text(std::string_view("::1\0", 4)), "none");
}

TEST(IpAddressTest, IPv4ThatIsMappedIntoIPv6IsIPv4) {
  EXPECT_EQ(IpAddress::Parse("::ffff:192.0.2.1"), IpAddress::Parse("192.0.2.1"));
  EXPECT_EQ(Text("::ffff:c000:201"), "192.0.2.1");
  EXPECT_NE(IpAddress::Parse("::192.0.2.1"), IpAddress::Parse("192.0.2.1"));
}

TEST(IpAddressTest, APrefixKeepsTheFirstBits) {
  const auto prefix = [](std::string_view text, int length) {
    return IpAddress::Parse(text)->Prefix(length).ToString();
  };
  EXPECT_EQ(prefix("192.0.2.255", 32), "192.0.2.255");
  EXPECT_EQ(prefix("192.0.2.255", 28), "192.0.2.240");
  EXPECT_EQ(prefix("192.0.2.255", 9), "192.0.0.0");
  EXPECT_EQ(prefix("192.0.2.255", 0), "0.0.0.0");
  EXPECT_EQ(prefix("2001:db8:1:2:3:4:5:6", 64), "2001:db8:1:2::");
  EXPECT_EQ(prefix("2001:db8:1:ffff:3:4:5:6", 52), "2001:db8:1:f000::");
  EXPECT_EQ(prefix("2001:db8::1", 128), "2001:db8::1");
}

}  // namespace
}  // namespace hookcast
