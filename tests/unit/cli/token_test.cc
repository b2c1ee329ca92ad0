#include "cli/token.h"

#include <cstdio>
#include <cstdlib>
#include <fstream>

#include "cli/failure.h"
#include "gmock/gmock.h"
#include "gtest/gtest.h"

namespace hookcast::cli {
namespace {

using testing::HasSubstr;
using testing::Not;

class TokenTest : public testing::Test {
 protected:
  TokenTest() { Forget(); }
  ~TokenTest() override {
    Forget();
    std::remove(name_.c_str());
  }

  static void Forget() {
    unsetenv("HOOKCAST_TOKEN");
    unsetenv("HOOKCAST_TOKEN_FILE");
  }
  void Write(const std::string& content) { std::ofstream(name_, std::ios::binary) << content; }

  const std::string name_ = testing::TempDir() + "/hookcast_token_test" + std::to_string(getpid());
};

TEST_F(TokenTest, IsEmptyWhereNothingSaysOne) {
  EXPECT_EQ(*ReadToken(std::nullopt, std::nullopt), "");
  setenv("HOOKCAST_TOKEN", "", 1);
  EXPECT_EQ(*ReadToken(std::nullopt, std::nullopt), "");
}

TEST_F(TokenTest, TakesOptionsBeforeTheEnvironment) {
  Write("from-file");
  setenv("HOOKCAST_TOKEN_FILE", name_.c_str(), 1);
  EXPECT_EQ(*ReadToken(std::nullopt, std::nullopt), "from-file");
  setenv("HOOKCAST_TOKEN", "from-environment", 1);
  EXPECT_EQ(*ReadToken(std::nullopt, std::nullopt), "from-environment");
  EXPECT_EQ(*ReadToken(std::nullopt, name_), "from-file");
  EXPECT_EQ(*ReadToken("given", std::nullopt), "given");
  EXPECT_EQ(*ReadToken("", std::nullopt), "") << "an empty option asks for none";
}

TEST_F(TokenTest, LeavesOutWhiteSpaceAroundWhatAFileHolds) {
  Write(" \tabc.DEF\r\n\n");
  EXPECT_EQ(*ReadToken(std::nullopt, name_), "abc.DEF");
}

TEST_F(TokenTest, RefusesBothOptions) {
  const auto token = ReadToken("s3cret", name_);
  EXPECT_EQ(ExitCodeOf(token.status()), ExitCode::kUsage);
  EXPECT_THAT(token.status().ToString(), Not(HasSubstr("s3cret")));
}

TEST_F(TokenTest, SaysWhyAFileGivesNone) {
  EXPECT_THAT(std::string(ReadToken(std::nullopt, "/no/such").status().message()),
              HasSubstr("cannot read \"/no/such\": no such file"));
  Write("\n");
  EXPECT_THAT(std::string(ReadToken(std::nullopt, name_).status().message()),
              HasSubstr("is empty"));
  EXPECT_THAT(std::string(ReadToken(std::nullopt, "/dev/zero").status().message()),
              HasSubstr("is longer than 64.0 KiB"));
}

}  // namespace
}  // namespace hookcast::cli
