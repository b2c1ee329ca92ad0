#include "broker/config/config.h"

#include <gtest/gtest.h>

namespace hookcast::config {
namespace {

TEST(ConfigTest, AnIpv6AddressIsShownInBrackets) {
  EXPECT_EQ((ListenAddress{"::1", 80}.ToString()), "[::1]:80");
  EXPECT_EQ((ListenAddress{"127.0.0.1", 0}.ToString()), "127.0.0.1:0");
}

TEST(ConfigTest, OnlyAddressesOfThisMachineAreLoopback) {
  EXPECT_TRUE((ListenAddress{"127.0.0.1", 1}.IsLoopback()));
  EXPECT_TRUE((ListenAddress{"127.9.8.7", 1}.IsLoopback()));
  EXPECT_TRUE((ListenAddress{"::1", 1}.IsLoopback()));
  EXPECT_FALSE((ListenAddress{"0.0.0.0", 1}.IsLoopback()));
  EXPECT_FALSE((ListenAddress{"12.7.0.1", 1}.IsLoopback()));
  EXPECT_FALSE((ListenAddress{"::", 1}.IsLoopback()));
  EXPECT_FALSE((ListenAddress{"::1:1", 1}.IsLoopback()));
}

}  // namespace
}  // namespace hookcast::config
