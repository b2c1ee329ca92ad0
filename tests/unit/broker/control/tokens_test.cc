#include "broker/control/tokens.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <string>

#include "tests/fakes/manual_clock.h"
#include "tests/unit/broker/control/token_file.h"

namespace hookcast::control {
namespace {

using config::Scope;
using ::testing::AllOf;
using ::testing::HasSubstr;
using ::testing::Not;

constexpr char kReader[] = "reader-0123456789abcdef";
constexpr char kWriter[] = "writer-0123456789abcdef";

class TokensTest : public ::testing::Test {
 protected:
  absl::StatusOr<std::unique_ptr<Tokens>> Read(const config::AuthConfig& config) {
    return Tokens::Read(config, &clock_, &metrics_);
  }
  absl::Status ErrorOf(std::string_view text) {
    const TokenFile file(text);
    const absl::Status status = Read({{{file.path(), {Scope::kRead}}}}).status();
    EXPECT_THAT(std::string(status.message()),
                AllOf(HasSubstr(file.path()), Not(HasSubstr("secret"))));
    return status;
  }

  fakes::ManualClock clock_;
  metrics::Catalogue metrics_;
};

TEST_F(TokensTest, WithoutTokensEverybodyMayDoEverything) {
  const auto tokens = Read({});
  ASSERT_TRUE(tokens.ok());
  EXPECT_TRUE((*tokens)->Check("", Scope::kManage).ok());
  EXPECT_TRUE((*tokens)->Check("Bearer whatever", Scope::kPublish).ok());
}

TEST_F(TokensTest, ATokenIsGoodForItsScopesAlone) {
  const TokenFile reader(std::string(kReader) + "\nthe rest is not read\n");
  const TokenFile writer("  " + std::string(kWriter) + " \r\n");
  const auto tokens =
      Read({{{reader.path(), {Scope::kRead}}, {writer.path(), {Scope::kPublish, Scope::kManage}}}});
  ASSERT_TRUE(tokens.ok()) << tokens.status();
  const auto check = [&](const std::string& token, Scope scope) {
    return (*tokens)->Check("Bearer " + token, scope);
  };
  EXPECT_TRUE(check(kReader, Scope::kRead).ok());
  EXPECT_TRUE(check(kReader, Scope::kMetrics).ok()) << "who may read all may read that";
  EXPECT_EQ(check(kWriter, Scope::kMetrics).message(), "the token lacks the scope \"metrics\"");
  EXPECT_TRUE(check(kWriter, Scope::kPublish).ok());
  EXPECT_TRUE(check(kWriter, Scope::kManage).ok());
  const absl::Status denied = check(kWriter, Scope::kRead);
  EXPECT_EQ(denied.code(), absl::StatusCode::kPermissionDenied);
  EXPECT_EQ(denied.message(), "the token lacks the scope \"read\"");
  EXPECT_EQ(check(kReader, Scope::kPublish).message(), "the token lacks the scope \"publish\"");
  EXPECT_EQ(check(kReader, Scope::kManage).message(), "the token lacks the scope \"manage\"");
  EXPECT_EQ(metrics_.auth_refused.value(metrics::AuthRefusal::kScope), 4u);
}

TEST_F(TokensTest, WhateverIsWrongWithATokenTheAnswerIsTheSame) {
  const TokenFile file(kReader);
  const auto tokens = Read({{{file.path(), {Scope::kRead}}}});
  ASSERT_TRUE(tokens.ok());
  const std::string token = kReader;
  const absl::Status none = (*tokens)->Check("", Scope::kRead);
  EXPECT_EQ(none.code(), absl::StatusCode::kUnauthenticated);
  for (const std::string& wrong :
       {std::string("Bearer "), std::string("Bearer"), token, "Basic " + token,
        "Bearer " + token + "x", "Bearer " + token.substr(1), "Bearer x" + token,
        "Bearer " + token + " " + token, std::string("Bearer ") + std::string(100'000, 'x')}) {
    EXPECT_EQ((*tokens)->Check(wrong, Scope::kRead), none) << wrong.substr(0, 80);
  }
  EXPECT_EQ(metrics_.auth_refused.value(metrics::AuthRefusal::kToken), 10u);
  EXPECT_TRUE((*tokens)->Check("bearer " + token, Scope::kRead).ok());
  EXPECT_TRUE((*tokens)->Check("BEARER   " + token + " ", Scope::kRead).ok());
}

TEST_F(TokensTest, TheSameTokenInTwoFilesHasTheScopesOfBoth) {
  const TokenFile one(kReader);
  const TokenFile two(kReader);
  const auto tokens = Read({{{one.path(), {Scope::kRead}}, {two.path(), {Scope::kPublish}}}});
  EXPECT_TRUE((*tokens)->Check("Bearer " + std::string(kReader), Scope::kRead).ok());
  EXPECT_TRUE((*tokens)->Check("Bearer " + std::string(kReader), Scope::kPublish).ok());
}

TEST_F(TokensTest, FilesThatHoldNoTokenAreRefusedWithoutShowingWhatTheyHold) {
  EXPECT_THAT(std::string(ErrorOf("").message()), HasSubstr("empty first line"));
  EXPECT_THAT(std::string(ErrorOf("\nsecret-0123456789").message()), HasSubstr("empty first"));
  EXPECT_THAT(std::string(ErrorOf("secret-01234567").message()), HasSubstr("too short"));
  EXPECT_THAT(std::string(ErrorOf("secret-" + std::string(1018, 'x')).message()),
              HasSubstr("too long"));
  EXPECT_THAT(std::string(ErrorOf("secret 0123456789abcdef").message()),
              HasSubstr("other characters"));
  EXPECT_THAT(std::string(ErrorOf("secret-0123456789-\xc3\xa9").message()),
              HasSubstr("other characters"));
  const absl::Status missing = Read({{{"/nonexistent/token", {Scope::kRead}}}}).status();
  EXPECT_EQ(missing.message(),
            "the token file /nonexistent/token cannot be read: No such file or directory");
  EXPECT_THAT(std::string(Read({{{"/tmp", {Scope::kRead}}}}).status().message()),
              HasSubstr("Is a directory"));
}

TEST_F(TokensTest, AChangedFileCountsWithinTenSeconds) {
  const TokenFile file(kReader);
  const auto tokens = Read({{{file.path(), {Scope::kRead}}}});
  const auto good = [&](const std::string& token) {
    return (*tokens)->Check("Bearer " + token, Scope::kRead).ok();
  };
  file.Write(kWriter);
  clock_.Advance(Tokens::kReadAgain - std::chrono::milliseconds(1));
  EXPECT_TRUE(good(kReader));
  clock_.Advance(std::chrono::milliseconds(1));
  EXPECT_FALSE(good(kReader));
  EXPECT_TRUE(good(kWriter));
}

TEST_F(TokensTest, AFileThatIsGoneOrSpoiltIsGoodForNothingUntilItIsBack) {
  const TokenFile file(kReader);
  const auto tokens = Read({{{file.path(), {Scope::kRead}}}});
  const auto good = [&] {
    clock_.Advance(Tokens::kReadAgain);
    return (*tokens)->Check("Bearer " + std::string(kReader), Scope::kRead).ok();
  };
  EXPECT_TRUE(good());
  file.Remove();
  EXPECT_FALSE(good());
  file.Write(kReader);
  EXPECT_TRUE(good());
  file.Write("short");
  EXPECT_FALSE(good());
  EXPECT_FALSE((*tokens)->Check("Bearer short", Scope::kRead).ok());
}

}  // namespace
}  // namespace hookcast::control
