#include "broker/base/ip_network.h"

#include <gtest/gtest.h>

#include <string>

namespace hookcast {
namespace {

bool Contains(std::string_view network, std::string_view address) {
  return IpNetwork::Parse(network).value().Contains(*IpAddress::Parse(address));
}

std::string ErrorOf(std::string_view text) {
  return std::string(IpNetwork::Parse(text).status().message());
}

TEST(IpNetworkTest, ANetworkContainsTheAddressesWithItsPrefix) {
  EXPECT_TRUE(Contains("10.0.0.0/8", "10.255.0.1"));
  EXPECT_FALSE(Contains("10.0.0.0/8", "11.0.0.0"));
  EXPECT_TRUE(Contains("192.0.2.128/25", "192.0.2.128"));
  EXPECT_FALSE(Contains("192.0.2.128/25", "192.0.2.127"));
  EXPECT_TRUE(Contains("2001:db8::/32", "2001:db8:ffff::1"));
  EXPECT_FALSE(Contains("2001:db8::/32", "2001:db9::"));
  EXPECT_TRUE(Contains("0.0.0.0/0", "203.0.113.9"));
}

TEST(IpNetworkTest, AnAddressAloneIsANetworkOfOne) {
  EXPECT_TRUE(Contains("::1", "::1"));
  EXPECT_FALSE(Contains("::1", "::2"));
  EXPECT_TRUE(Contains("127.0.0.1", "127.0.0.1"));
  EXPECT_FALSE(Contains("127.0.0.1", "127.0.0.2"));
}

TEST(IpNetworkTest, TheTwoKindsOfAddressesAreApart) {
  EXPECT_FALSE(Contains("0.0.0.0/0", "::1"));
  EXPECT_FALSE(Contains("::/0", "192.0.2.1"));
  EXPECT_TRUE(Contains("10.0.0.0/8", "::ffff:10.0.0.1")) << "as a socket of both tells it";
}

TEST(IpNetworkTest, AMistakeIsToldWithWhatWouldBeRight) {
  EXPECT_EQ(ErrorOf("10.0.0.1/8"), "has bits set behind its first 8; write 10.0.0.0/8");
  for (const char* text : {"10.0.0.0/33", "10.0.0.0/", "10.0.0.0/-1", "10.0.0.0/08", "10.0.0.0/8/8",
                           "10.0.0.0/255.0.0.0"}) {
    EXPECT_EQ(ErrorOf(text), "has no sound length behind its slash; write 10.0.0.0/ and 0 to 32")
        << text;
  }
  for (const char* text : {"", "loopback", "10.0.0/8", "[::1]/128", "/8"}) {
    EXPECT_EQ(ErrorOf(text),
              "does not begin with an IP address; write a network such as 10.0.0.0/8 or "
              "2001:db8::/32, or one address")
        << text;
  }
}

}  // namespace
}  // namespace hookcast
