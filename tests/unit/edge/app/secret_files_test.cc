#include "edge/app/secret_files.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <fstream>
#include <string>

namespace hookcast::app {
namespace {

using ::testing::AllOf;
using ::testing::ElementsAre;
using ::testing::HasSubstr;
using ::testing::IsEmpty;
using ::testing::Not;
using ::testing::StartsWith;

std::string FileOf(const std::string& name, std::string_view text) {
  const std::string path = ::testing::TempDir() + "secret_files_" + name;
  std::ofstream(path) << text;
  return path;
}

TEST(SecretFilesTest, FilesThatHoldWhatTheyShouldAreNoMatter) {
  const std::string token = FileOf("token", "0123456789abcdef\n");
  config::Config config;
  EXPECT_THAT(UnusableSecretFiles(config), IsEmpty());
  config.auth.tokens = {{token, {config::Scope::kRead}}};
  config.cluster.token_file = token;
  config.backplane.kind = config::BackplaneKind::kRedis;
  config.backplane.password_file = token;
  EXPECT_THAT(UnusableSecretFiles(config), IsEmpty());
}

TEST(SecretFilesTest, EachFileThatANodeCouldNotUseIsToldWithItsKeyAndNothingOfItsText) {
  config::Config config;
  config.auth.tokens = {{FileOf("short", "geheim\n"), {config::Scope::kRead}},
                        {FileOf("good", "0123456789abcdef\n"), {config::Scope::kRead}},
                        {"/no/such/file", {config::Scope::kRead}}};
  config.cluster.token_file = FileOf("empty", "\n");
  config.backplane.kind = config::BackplaneKind::kRedis;
  config.backplane.password_file = "/no/such/password";
  EXPECT_THAT(
      UnusableSecretFiles(config),
      ElementsAre(AllOf(StartsWith("auth.tokens[0].file: "), HasSubstr("too short"),
                        Not(HasSubstr("geheim"))),
                  AllOf(StartsWith("auth.tokens[2].file: "), HasSubstr("/no/such/file")),
                  AllOf(StartsWith("cluster.token_file: "), HasSubstr("empty")),
                  AllOf(StartsWith("backplane.password_file: "), HasSubstr("/no/such/password"))));
}

TEST(SecretFilesTest, ThePasswordOfARedisThatIsNotUsedIsNoMatter) {
  config::Config config;
  config.backplane.password_file = "/no/such/password";
  EXPECT_THAT(UnusableSecretFiles(config), IsEmpty());
}

}  // namespace
}  // namespace hookcast::app
