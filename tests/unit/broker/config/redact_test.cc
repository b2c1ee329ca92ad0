#include "broker/config/redact.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include "absl/strings/str_cat.h"

namespace hookcast::config {
namespace {

using ::testing::HasSubstr;
using ::testing::Not;

TEST(RedactTest, HidesThePasswordAndKeepsTheRest) {
  EXPECT_EQ(RedactUrl("redis://user:secret@host:6379/0"), "redis://user:***@host:6379/0");
  EXPECT_EQ(RedactUrl("redis://:secret@host"), "redis://:***@host");
}

TEST(RedactTest, LeavesAUrlWithoutSecretsAsItIs) {
  for (const char* url : {"", "redis://127.0.0.1:6379", "rediss://[::1]:6379/2", "host:6379"}) {
    EXPECT_EQ(RedactUrl(url), url);
  }
}

TEST(RedactTest, HidesAPasswordWhateverCharactersItHolds) {
  for (const char* secret :
       {"p%40ss%3Aword", "s3cr:t", "s3cr@t", "s3cr/t", "s3cr?t", "s3cr#t", "s3cr&t=x", "s3c://r@t",
        "@s3crt@", "s3cr t", "s3cr\nt", "s3cr\xc3\xa9t", "s3cr\xfft", "***s3crt"}) {
    const std::string shown = RedactUrl(absl::StrCat("redis://user:", secret, "@host:6379"));
    EXPECT_EQ(shown, "redis://user:***@host:6379") << secret;
  }
}

TEST(RedactTest, HidesANameThatStandsAlone) {
  EXPECT_EQ(RedactUrl("redis://token@host"), "redis://***@host");
}

TEST(RedactTest, HidesThePasswordWhereTheSchemeIsMissing) {
  EXPECT_EQ(RedactUrl("user:secret@host:6379"), "user:***@host:6379");
}

TEST(RedactTest, HidesTheValuesOfTheQuery) {
  EXPECT_EQ(RedactUrl("redis://host/0?password=secret&db=1&flag"),
            "redis://host/0?password=***&db=***&flag");
}

TEST(RedactTest, HidesTooMuchRatherThanTooLittleWhereAnAtSignIsInTheQuery) {
  EXPECT_THAT(RedactUrl("redis://user:secret@host/0?password=s3c@ret"), Not(HasSubstr("s3c")));
}

}  // namespace
}  // namespace hookcast::config
