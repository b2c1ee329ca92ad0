#include "broker/base/host_and_port.h"

#include <gtest/gtest.h>

#include <string>

namespace hookcast {
namespace {

TEST(IsHostAndPort, TakesNamesAndAddressesWithAPort) {
  for (const char* good : {"node-a:8082", "10.0.0.1:1", "[::1]:65535", "[fe80::1%eth0]:80",
                           "node_1.example.com:8082"}) {
    EXPECT_TRUE(IsHostAndPort(good)) << good;
  }
  EXPECT_TRUE(IsHostAndPort(std::string(255, 'a') + ":65535"));
}

TEST(IsHostAndPort, RefusesAllElse) {
  for (const char* bad : {"", "node-a", ":8082", "node-a:", "node-a:0", "node-a:65536",
                          "node-a:80x", "::1:80", "unix:/run/socket", "unix:///run/socket:1",
                          "dns:///host:80", "a b:80", "[]:80", "a\n:80", "a,b:80", "a%b:80"}) {
    EXPECT_FALSE(IsHostAndPort(bad)) << bad;
  }
  EXPECT_FALSE(IsHostAndPort(std::string(256, 'a') + ":65535"));
}

}  // namespace
}  // namespace hookcast
