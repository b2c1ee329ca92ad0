#include "edge/app/advertised_address.h"

#include <gtest/gtest.h>

#include <string>

namespace hookcast::app {
namespace {

TEST(AdvertisedAddress, IsTheOneThatIsSet) {
  config::Config config;
  config.control.advertise = "node-1.example.com:9000";
  EXPECT_EQ(AdvertisedAddress(config, 8082), "node-1.example.com:9000");
}

TEST(AdvertisedAddress, IsTheOneThatControlListensOnWithThePortThatItHas) {
  config::Config config;
  config.control.listen = {.host = "10.1.2.3", .port = 0};
  EXPECT_EQ(AdvertisedAddress(config, 4711), "10.1.2.3:4711");
  config.control.listen = {.host = "::1", .port = 0};
  EXPECT_EQ(AdvertisedAddress(config, 4711), "[::1]:4711");
}

TEST(AdvertisedAddress, OfAnyAddressIsTheOneThatLeadsToRedis) {
  config::Config config;
  config.backplane.url = "redis://user:secret@127.0.0.1:6379";
  for (const char* any : {"0.0.0.0", "::"}) {
    config.control.listen = {.host = any, .port = 8082};
    EXPECT_EQ(AdvertisedAddress(config, 8082), "127.0.0.1:8082") << any;
  }
}

TEST(AdvertisedAddress, WithoutAWayToRedisIsThatOfTheMachine) {
  config::Config config;
  config.control.listen = {.host = "0.0.0.0", .port = 8082};
  config.backplane.url = "redis://no.such.host.invalid";
  const std::string address = AdvertisedAddress(config, 8082);
  EXPECT_TRUE(address.ends_with(":8082")) << address;
  EXPECT_FALSE(address.starts_with("0.0.0.0")) << address;
}

}  // namespace
}  // namespace hookcast::app
