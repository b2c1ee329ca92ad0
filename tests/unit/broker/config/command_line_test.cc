#include "broker/config/command_line.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include "broker/config/keys.h"

namespace hookcast::config {
namespace {

using ::testing::ElementsAre;
using ::testing::HasSubstr;
using ::testing::Not;

absl::StatusOr<CommandLine> Parse(std::vector<const char*> arguments) {
  arguments.insert(arguments.begin(), "hookcastd");
  return ParseCommandLine(static_cast<int>(arguments.size()), arguments.data());
}

std::string ErrorOf(std::vector<const char*> arguments) {
  return std::string(Parse(std::move(arguments)).status().message());
}

TEST(CommandLineTest, NothingAsksForNothing) {
  const CommandLine line = *Parse({});
  EXPECT_EQ(line.file, std::nullopt);
  EXPECT_TRUE(line.sets.empty());
  EXPECT_FALSE(line.check_config || line.print_config || line.print_reference || line.version ||
               line.help || line.insecure);
}

TEST(CommandLineTest, EachFlagIsTaken) {
  EXPECT_EQ(Parse({"--config", "a.yaml"})->file, "a.yaml");
  EXPECT_EQ(Parse({"--config=a=b.yaml"})->file, "a=b.yaml");
  EXPECT_EQ(Parse({"-c", "a.yaml"})->file, "a.yaml");
  EXPECT_TRUE(Parse({"--check-config"})->check_config);
  EXPECT_TRUE(Parse({"--print-config"})->print_config);
  EXPECT_TRUE(Parse({"--print-reference"})->print_reference);
  EXPECT_TRUE(Parse({"--version"})->version);
  EXPECT_TRUE(Parse({"--insecure"})->insecure);
  EXPECT_TRUE(Parse({"--help"})->help);
  EXPECT_TRUE(Parse({"-h"})->help);
}

TEST(CommandLineTest, SetsKeepTheirOrderAndText) {
  EXPECT_THAT(
      Parse({"--set", "a=1", "--set=b.c=[x, {y: z}]", "--set", "a=", "--set", "[d]=1"})->sets,
      ElementsAre("a=1", "b.c=[x, {y: z}]", "a=", "[d]=1"));
}

TEST(CommandLineTest, AnUnknownFlagNamesTheNearest) {
  EXPECT_EQ(ErrorOf({"--confg", "x"}), "--confg is not known; did you mean --config?");
  EXPECT_EQ(ErrorOf({"--print-confg=1"}),
            "--print-confg is not known; did you mean --print-config?");
  EXPECT_EQ(ErrorOf({"--colour"}), "--colour is not known; see hookcastd --help");
}

TEST(CommandLineTest, AFileWithoutItsFlagIsToldHowToGiveIt) {
  EXPECT_EQ(ErrorOf({"node.yaml"}),
            "\"node.yaml\" is unexpected; a file is given as --config FILE");
  EXPECT_EQ(ErrorOf({"--set", "a=1", "b=2"}),
            "\"b=2\" is unexpected; a file is given as --config FILE");
}

TEST(CommandLineTest, AMissingValueIsAnErrorOfOneLine) {
  for (const auto& error :
       {ErrorOf({"--set"}), ErrorOf({"--config"}), ErrorOf({"--config", "a", "--config", "b"}),
        ErrorOf({"--check-config=perhaps"})}) {
    EXPECT_THAT(error, HasSubstr("; see hookcastd --help"));
    EXPECT_THAT(error, Not(HasSubstr("\n")));
  }
}

TEST(CommandLineTest, AnErrorShowsNoPassword) {
  EXPECT_THAT(ErrorOf({"--set", "backplane.url", "redis://u:s3cr3t@h"}), Not(HasSubstr("s3cr3t")));
}

TEST(CommandLineTest, HelpShowsTheFlagsAndEachKeyWithItsDefault) {
  const std::string help = HelpText();
  for (const char* flag : {"--config", "--set", "--check-config", "--print-config", "--version",
                           "--insecure", "--print-reference", "--help"}) {
    EXPECT_THAT(help, HasSubstr(flag));
  }
  for (const KeyFacts& key : AllKeys()) {
    EXPECT_THAT(help, HasSubstr("  " + key.name + " (" + key.type + "; default "));
  }
  EXPECT_THAT(help, HasSubstr("websocket.ping_interval (duration, 0s to 1h; default 25s)\n"));
}

}  // namespace
}  // namespace hookcast::config
