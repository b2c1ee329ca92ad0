#include "broker/config/redis_url.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <string>

namespace hookcast::config {
namespace {

using ::testing::HasSubstr;
using ::testing::Not;

RedisUrl Parsed(const std::string& text) {
  const absl::StatusOr<RedisUrl> url = ParseRedisUrl(text);
  EXPECT_TRUE(url.ok()) << text << ": " << url.status();
  return url.ok() ? *url : RedisUrl();
}

std::string ErrorOf(const std::string& text) {
  const absl::StatusOr<RedisUrl> url = ParseRedisUrl(text);
  EXPECT_FALSE(url.ok()) << text;
  return std::string(url.status().message());
}

TEST(RedisUrlTest, TellsHostPortUserPasswordAndDatabase) {
  EXPECT_EQ(Parsed("redis://h"), (RedisUrl{.host = "h"}));
  EXPECT_EQ(Parsed("redis://h/"), (RedisUrl{.host = "h"}));
  EXPECT_EQ(Parsed("redis://redis.example.com:6380/5"),
            (RedisUrl{.host = "redis.example.com", .port = 6380, .database = 5}));
  EXPECT_EQ(
      Parsed("redis://u:p@127.0.0.1:1/0"),
      (RedisUrl{.host = "127.0.0.1", .port = 1, .username = "u", .password = "p", .database = 0}));
  EXPECT_EQ(Parsed("redis://:p@h").password, "p");
  EXPECT_EQ(Parsed("redis://:p@h").username, "");
  EXPECT_EQ(Parsed("redis://u@h").username, "u");
  EXPECT_EQ(Parsed("redis://[::1]").host, "::1");
  EXPECT_EQ(Parsed("redis://[fe80::1]:7"), (RedisUrl{.host = "fe80::1", .port = 7}));
}

TEST(RedisUrlTest, DecodesWhatIsSecret) {
  EXPECT_EQ(Parsed("redis://u:p%40ss%3Aword@host").password, "p@ss:word");
  EXPECT_EQ(Parsed("redis://a%25b:%2f%2F@host").username, "a%b");
  EXPECT_EQ(Parsed("redis://a%25b:%2f%2F@host").password, "//");
}

TEST(RedisUrlTest, TakesAPasswordThatWasPastedAsItIs) {
  EXPECT_EQ(Parsed("redis://u:p@s/s?w:rd#@host:7").password, "p@s/s?w:rd#");
  EXPECT_EQ(Parsed("redis://u:p@s/s?w:rd#@host:7").host, "host");
}

TEST(RedisUrlTest, SaysWhatIsWrong) {
  EXPECT_THAT(ErrorOf(""), HasSubstr("does not begin with redis://"));
  EXPECT_THAT(ErrorOf("127.0.0.1:6379"), HasSubstr("does not begin with redis://"));
  EXPECT_THAT(ErrorOf("rediss://h"), HasSubstr("TLS is not part of this version"));
  EXPECT_THAT(ErrorOf("redis-sentinel://h/mymaster"), HasSubstr("asks for Sentinel"));
  EXPECT_THAT(ErrorOf("redis+sentinel://h"), HasSubstr("asks for Sentinel"));
  EXPECT_THAT(ErrorOf("redis://a:1,b:2"), HasSubstr("names several hosts"));
  EXPECT_THAT(ErrorOf("redis://"), HasSubstr("names no host"));
  EXPECT_THAT(ErrorOf("redis://:6379"), HasSubstr("names no host"));
  EXPECT_THAT(ErrorOf("redis:// h"), HasSubstr("white space"));
  for (const char* port : {"", "0", "65536", "x", "6379x", "-1", "99999999999999"}) {
    EXPECT_THAT(ErrorOf(std::string("redis://h:") + port), HasSubstr("from 1 to 65535")) << port;
  }
  EXPECT_THAT(ErrorOf("redis://::1"), HasSubstr("without brackets"));
  EXPECT_THAT(ErrorOf("redis://[::1"), HasSubstr("no ] behind it"));
  EXPECT_THAT(ErrorOf("redis://[::1]x"), HasSubstr("no ] behind it"));
  for (const char* path : {"x", "-1", "1/2", "1000001"}) {
    EXPECT_THAT(ErrorOf(std::string("redis://h/") + path), HasSubstr("no number of a database"));
  }
  EXPECT_THAT(ErrorOf("redis://h?ssl=true"), HasSubstr("has a query"));
}

TEST(RedisUrlTest, NoErrorShowsAPassword) {
  for (const char* url : {"redis://u:s3cr3t%@h", "redis://u:s3cr3t%4@h", "redis://s3cr3t%zz@h",
                          "redis://u:s3cr3t@h:x", "redis://u:s3cr3t@", "redis://u:s3cr3t@h/s3cr3t",
                          "http://u:s3cr3t@h", "rediss://u:s3cr3t@h", "redis://u:s3cr3t"}) {
    EXPECT_THAT(ErrorOf(url), Not(HasSubstr("s3cr3t"))) << url;
  }
}

}  // namespace
}  // namespace hookcast::config
