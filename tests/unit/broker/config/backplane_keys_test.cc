#include "broker/config/backplane_keys.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <string>

#include "tests/unit/broker/config/load_yaml.h"

namespace hookcast::config {
namespace {

using ::testing::HasSubstr;

constexpr char kMissing[] = "is missing; kind: redis needs it, such as redis://127.0.0.1:6379";

TEST(BackplaneKeysTest, ARedisIsNamedByItsUrl) {
  EXPECT_EQ(ErrorsOf("backplane: {kind: redis, url: redis://h}\n"), "");
  EXPECT_THAT(ErrorsOf("backplane: {kind: redis}\n"), HasSubstr(kMissing));
  EXPECT_EQ(ErrorsOf("backplane: {kind: redis, url: 'redis://h:x'}\n"),
            "node.yaml:1:31: backplane.url: has a port that is no number from 1 to 65535");
  EXPECT_EQ(ErrorsOf("backplane: {url: 'http://u:p@h'}\n"),
            "node.yaml:1:18: backplane.url: does not begin with redis://; write a URL such as "
            "redis://127.0.0.1:6379");
  EXPECT_EQ(ErrorsOf("backplane: {url: rediss://h}\n"),
            "node.yaml:1:18: backplane.url: begins with rediss://, and TLS is not part of this "
            "version; write redis://");
}

TEST(BackplaneKeysTest, OneThingIsSaidInOnePlace) {
  EXPECT_EQ(ErrorsOf("backplane: {kind: redis, url: 'redis://u:p@h', username: x}\n"),
            "node.yaml:1:58: backplane.username: stands beside the user in backplane.url; keep one "
            "of them");
  EXPECT_EQ(ErrorsOf("backplane: {kind: redis, url: 'redis://:p@h', password: x}\n"),
            "node.yaml:1:57: backplane.password: stands beside the password in backplane.url; keep "
            "one of them");
  EXPECT_EQ(ErrorsOf("backplane: {kind: redis, url: 'redis://:p@h', password_file: x}\n"),
            "node.yaml:1:62: backplane.password_file: stands beside the password in backplane.url; "
            "keep one of them");
  EXPECT_EQ(ErrorsOf("backplane: {kind: redis, url: redis://h, password: x, password_file: y}\n"),
            "node.yaml:1:70: backplane.password_file: stands beside backplane.password; keep one "
            "of the two");
  EXPECT_EQ(ErrorsOf("backplane: {kind: redis, url: redis://h/1, database: 1}\n"),
            "node.yaml:1:54: backplane.database: stands beside the database in backplane.url; keep "
            "one of them");
  EXPECT_EQ(ErrorsOf("backplane: {kind: redis, url: redis://h, username: u, password: p, "
                     "database: 1, prefix: 'a:b_c-d.e'}\n"),
            "");
}

TEST(BackplaneKeysTest, AUserHasAPassword) {
  EXPECT_THAT(ErrorsOf("backplane: {kind: redis, url: 'redis://u@h'}\n"),
              HasSubstr("backplane.url: names a user, and there is no password"));
  EXPECT_THAT(ErrorsOf("backplane: {kind: redis, url: redis://h, username: u}\n"),
              HasSubstr("backplane.username: names a user, and there is no password"));
  EXPECT_EQ(ErrorsOf("backplane: {kind: redis, url: 'redis://u@h', password_file: f}\n"), "");
}

TEST(BackplaneKeysTest, APrefixIsPlain) {
  for (const char* prefix : {"a b", "a{b}", "a%", "a*", "\xc3\xa4"}) {
    EXPECT_THAT(ErrorsOf(std::string("backplane: {kind: redis, url: redis://h, prefix: '") +
                         prefix + "'}\n"),
                HasSubstr("backplane.prefix: holds more than letters, digits and _ - . :"))
        << prefix;
  }
  EXPECT_THAT(ErrorsOf("backplane: {kind: redis, url: redis://h, prefix: ''}\n"),
              HasSubstr("backplane.prefix: is empty"));
}

TEST(BackplaneKeysTest, HistoriesAreNotKeptInRedis) {
  const std::string redis = "backplane: {kind: redis, url: redis://h}\n";
  EXPECT_EQ(ErrorsOf(redis + "namespaces: [{name: a, history: {size: 5}}]\n"),
            "node.yaml:2:40: namespaces[0].history.size: asks for a history, which kind: redis "
            "does not keep in this version; leave it out, or write backplane: {kind: memory}");
  EXPECT_EQ(ErrorsOf(redis + "routes: [{path: /a, static: {}, history: {size: 5}}]\n"),
            "node.yaml:2:49: routes[0].history.size: asks for a history, which kind: redis does "
            "not keep in this version; leave it out, or write backplane: {kind: memory}");
  EXPECT_EQ(ErrorsOf(redis + "namespaces: [{name: a, history: {size: 0}}]\n"), "");
  EXPECT_EQ(ErrorsOf(redis + "routes: [{path: /a, static: {}, limits: {message: 17MiB}}]\n"),
            "node.yaml:2:51: routes[0].limits.message: is more than nodes pass on to each other; "
            "with kind: redis write at most 16MiB");
  EXPECT_EQ(ErrorsOf(redis + "routes: [{path: /a, static: {}, limits: {message: 16MiB}}]\n"), "");
}

}  // namespace
}  // namespace hookcast::config
