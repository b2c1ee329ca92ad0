#include "edge/client_address.h"

#include <gtest/gtest.h>

#include <string>

namespace hookcast::edge {
namespace {

std::string Text(std::string_view text) {
  const auto address = ClientAddress::Parse(text);
  return address ? address->text : "none";
}

TEST(ClientAddressTest, AnAddressMayHaveAPort) {
  EXPECT_EQ(Text("192.0.2.1"), "192.0.2.1");
  EXPECT_EQ(Text("192.0.2.1:4711"), "192.0.2.1:4711");
  EXPECT_EQ(Text("2001:DB8::1"), "2001:db8::1");
  EXPECT_EQ(Text("[2001:db8::1]"), "2001:db8::1");
  EXPECT_EQ(Text("[2001:db8::1]:4711"), "[2001:db8::1]:4711");
  EXPECT_EQ(ClientAddress::Parse("[2001:db8::1]:4711")->ip, *IpAddress::Parse("2001:db8::1"));
}

TEST(ClientAddressTest, APortThatIsHiddenIsLeftOut) {
  EXPECT_EQ(Text("192.0.2.1:_a1.-_"), "192.0.2.1");
  EXPECT_EQ(Text("[::1]:_x"), "::1");
}

TEST(ClientAddressTest, IPv4ThatCameAsIPv6IsShownAsIPv4) {
  EXPECT_EQ(Text("[::ffff:192.0.2.1]:80"), "192.0.2.1:80");
}

TEST(ClientAddressTest, AnythingElseIsNone) {
  for (const char* text : {"",
                           "unknown",
                           "_hidden",
                           "localhost",
                           "192.0.2",
                           "192.0.2.1:",
                           "192.0.2.1:65536",
                           "192.0.2.1:123456",
                           "192.0.2.1:-1",
                           "192.0.2.1:_",
                           "192.0.2.1:_a b",
                           "192.0.2.1:80:80",
                           "[192.0.2.1]",
                           "[192.0.2.1]:80",
                           "[::1",
                           "::1]",
                           "[::1]80",
                           "[::1]:",
                           "[]",
                           "[",
                           "[::1]]:1",
                           "192.0.2.1 ",
                           "192.0.2.1, 192.0.2.2",
                           "fe80::1%eth0",
                           "<script>"}) {
    EXPECT_EQ(Text(text), "none") << text;
  }
}

}  // namespace
}  // namespace hookcast::edge
