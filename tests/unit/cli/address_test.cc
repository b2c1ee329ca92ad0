#include "cli/address.h"

#include "cli/failure.h"
#include "gtest/gtest.h"

namespace hookcast::cli {
namespace {

TEST(AddressTest, ReadsHostsAndNumbers) {
  EXPECT_EQ(ParseAddress("broker.internal:8082")->ToString(), "broker.internal:8082");
  EXPECT_EQ(ParseAddress("127.0.0.1:1")->port, 1);
  const auto v6 = ParseAddress("[::1]:65535");
  EXPECT_EQ(v6->host, "::1");
  EXPECT_EQ(v6->ToString(), "[::1]:65535");
}

TEST(AddressTest, SaysWhatIsWrongAndRight) {
  const std::pair<const char*, const char*> cases[] = {
      {"", "has no port"},
      {"localhost", "has no port"},
      {"[::1]", "has no port"},
      {"[::1", "lacks its ]"},
      {"::1:8082", "is IPv6 without its brackets"},
      {":8082", "has no host"},
      {"a:0", "has a port that is not a number from 1 to 65535"},
      {"a:65536", "has a port that is not a number from 1 to 65535"},
      {"a:80x", "has a port that is not a number from 1 to 65535"},
      {"a:", "has a port that is not a number from 1 to 65535"},
      {"http://a:80", "is a URL"},
      {"a b:80", "has a host that cannot be one"},
  };
  for (const auto& [text, why] : cases) {
    const auto address = ParseAddress(text);
    ASSERT_FALSE(address.ok()) << text;
    EXPECT_EQ(std::string(address.status().message()),
              "--server: \"" + std::string(text) + "\" " + why);
    EXPECT_EQ(ExitCodeOf(address.status()), ExitCode::kUsage);
    EXPECT_NE(HintOf(address.status()).find("host:port"), std::string::npos);
  }
}

TEST(AddressTest, ReadsSeveralWithCommasBetween) {
  const auto addresses = ParseAddresses("a:1,[::1]:2, b:3");
  ASSERT_TRUE(addresses.ok()) << addresses.status();
  ASSERT_EQ(addresses->size(), 3u);
  EXPECT_EQ((*addresses)[0].ToString(), "a:1");
  EXPECT_EQ((*addresses)[1].ToString(), "[::1]:2");
  EXPECT_EQ((*addresses)[2].ToString(), "b:3");
  EXPECT_EQ(ParseAddresses("a:1")->size(), 1u);
  for (const char* text : {"", ",", "a:1,", ",a:1", "a:1,,b:2", "a:1,b"}) {
    EXPECT_EQ(ExitCodeOf(ParseAddresses(text).status()), ExitCode::kUsage) << text;
  }
}

}  // namespace
}  // namespace hookcast::cli
