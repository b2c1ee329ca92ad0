// Options and arguments that have nothing to do with one command, and how mistakes in them are
// told.

#include "cli/command_line.h"

#include <cstdio>
#include <fstream>

#include "cli/commands.h"
#include "tests/unit/cli/cli_fixture.h"

namespace hookcast::cli {
namespace {

using testing::HasSubstr;
using testing::Not;
using testing::StartsWith;

class CommandLineTest : public CliTest {
 protected:
  CommandLineTest() {
    broker_.ping = [](const v1::PingRequest&, v1::PingResponse*) { return absl::OkStatus(); };
  }
  ~CommandLineTest() override {
    for (const char* name :
         {"HOOKCAST_SERVER", "HOOKCAST_TOKEN", "HOOKCAST_TOKEN_FILE", "HOOKCAST_OUTPUT"})
      unsetenv(name);
  }
};

TEST_F(CommandLineTest, TakesGlobalOptionsBeforeAndAfterTheCommand) {
  const std::string server = broker_.address();
  for (const auto& arguments : std::vector<std::vector<std::string>>{
           {"--server", server, "--output", "json", "ping"},
           {"ping", "--server", server, "--output", "json"},
           {"--output=json", "ping", "--server=" + server, "--timeout", "10s"},
           {"--timeout", "10s", "--token", "ping", "ping", "--output=json", "--server", server},
       }) {
    const RunResult result = RunHookcast(arguments);
    EXPECT_EQ(result.exit, ExitCode::kDone) << result.err;
    EXPECT_THAT(result.out, StartsWith("{"));
  }
  EXPECT_EQ(broker_.authorization(), "Bearer ping");
}

TEST_F(CommandLineTest, TakesTheEnvironmentWhereAnOptionIsLeftOut) {
  setenv("HOOKCAST_SERVER", broker_.address().c_str(), 1);
  setenv("HOOKCAST_TOKEN", "from-environment", 1);
  setenv("HOOKCAST_OUTPUT", "json", 1);
  const RunResult result = RunHookcast({"ping"});
  EXPECT_EQ(result.exit, ExitCode::kDone) << result.err;
  EXPECT_THAT(result.out, StartsWith("{"));
  EXPECT_EQ(broker_.authorization(), "Bearer from-environment");

  EXPECT_THAT(RunHookcast({"ping", "--output", "table", "--token", "given"}).out,
              StartsWith("node"));
  EXPECT_EQ(broker_.authorization(), "Bearer given");
}

TEST_F(CommandLineTest, AsksTheUsualPortWhereNothingIsSaid) {
  std::istringstream in;
  std::ostringstream out;
  Terminal terminal{in, out, out, [] { return absl::Now(); }};
  const auto invocation = ParseCommandLine({"ping"}, terminal);
  ASSERT_TRUE(invocation.ok() && invocation->has_value());
  ASSERT_EQ((*invocation)->options.servers.size(), 1u);
  EXPECT_EQ((*invocation)->options.servers[0].ToString(), "127.0.0.1:8082");
  EXPECT_EQ((*invocation)->options.timeout, absl::Seconds(5));
  EXPECT_EQ((*invocation)->options.output, OutputFormat::kTable);
  EXPECT_EQ((*invocation)->options.token, "");
}

TEST_F(CommandLineTest, TakesAnEmptyValueAsItIs) {
  const RunResult result = Hookcast({"--token=", "--output=", "ping"});
  EXPECT_EQ(result.exit, ExitCode::kUsage);
  EXPECT_THAT(result.err, HasSubstr("--output: \"\" is no format"));
}

TEST_F(CommandLineTest, PrintsHelpAndVersion) {
  for (const auto& arguments : std::vector<std::vector<std::string>>{{"--help"}, {"-h"}}) {
    const RunResult help = RunHookcast(arguments);
    EXPECT_EQ(help.exit, ExitCode::kDone);
    for (const char* command :
         {"publish", "send", "subscribe", "unsubscribe", "close", "peers", "peer", "topics",
          "namespaces", "nodes", "history", "tail", "drain", "ping"}) {
      EXPECT_THAT(help.out, HasSubstr(std::string("\n  ") + command + " "));
    }
    EXPECT_THAT(help.out, HasSubstr("Exit codes: 0 done"));
    EXPECT_THAT(help.out, Not(HasSubstr("\n  top "))) << "a command that does not exist";
  }
  const RunResult publish = RunHookcast({"publish", "--help"});
  EXPECT_EQ(publish.exit, ExitCode::kDone);
  EXPECT_THAT(publish.out, HasSubstr("NAMESPACE TOPIC DATA"));
  EXPECT_THAT(publish.out, HasSubstr("HOOKCAST_TOKEN"));
  for (const auto& arguments :
       std::vector<std::vector<std::string>>{{"--version"}, {"ping", "--version"}}) {
    const RunResult version = RunHookcast(arguments);
    EXPECT_EQ(version.exit, ExitCode::kDone);
    EXPECT_THAT(version.out, testing::MatchesRegex("hookcast [0-9]+\\.[0-9]+\\.[0-9]+\n"));
  }
}

TEST_F(CommandLineTest, GivesAnExampleOfEachCommandInItsHelp) {
  for (const auto& command : MakeCommands()) {
    const RunResult help = RunHookcast({command->name(), "--help"});
    EXPECT_EQ(help.exit, ExitCode::kDone);
    EXPECT_THAT(help.out, HasSubstr("\nFor example:\n  "));
    EXPECT_THAT(help.out, HasSubstr("hookcast " + command->name() + " "));
  }
}

TEST_F(CommandLineTest, HasEachCommandInTheDocumentation) {
  std::ifstream file(HOOKCAST_SOURCE_DIR "/docs/cli.md");
  std::string headings;
  for (std::string line; std::getline(file, line);) {
    if (line.starts_with("### ")) headings += line.substr(3) + ",";
  }
  for (const auto& command : MakeCommands()) {
    EXPECT_THAT(headings, HasSubstr(" " + command->name() + ","));
  }
}

TEST_F(CommandLineTest, TakesTheTokenFromAFile) {
  const std::string name = testing::TempDir() + "/hookcast_token" + std::to_string(getpid());
  std::ofstream(name) << "from-file\n";
  EXPECT_EQ(Hookcast({"--token-file", name, "ping"}).exit, ExitCode::kDone);
  EXPECT_EQ(broker_.authorization(), "Bearer from-file");
  std::remove(name.c_str());
}

TEST_F(CommandLineTest, ShowsNoTokenOfTheEnvironmentInHelp) {
  setenv("HOOKCAST_TOKEN", "s3cret", 1);
  EXPECT_THAT(RunHookcast({"--help"}).out, Not(HasSubstr("s3cret")));
  EXPECT_THAT(RunHookcast({"ping", "--help"}).out, Not(HasSubstr("s3cret")));
}

TEST_F(CommandLineTest, SaysWhatIsWrongInTwoLinesAndEndsWithTwo) {
  struct Case {
    std::vector<std::string> arguments;
    std::string err;
  };
  const Case cases[] = {
      {{}, "hookcast: no command given\n  hookcast --help lists the commands\n"},
      {{"--output", "table"}, "hookcast: no command given\n  hookcast --help lists the commands\n"},
      {{"pubilsh", "n", "t", "x"},
       "hookcast: \"pubilsh\" is not a command\n  did you mean hookcast publish?\n"},
      {{"", "x"}, "hookcast: \"\" is not a command\n  hookcast --help lists the commands\n"},
      {{"xyzzy"}, "hookcast: \"xyzzy\" is not a command\n  hookcast --help lists the commands\n"},
      {{"a\x1b"}, "hookcast: \"a\\x1b\" is not a command\n  hookcast --help lists the commands\n"},
      {{"publish", "n", "t"},
       "hookcast: DATA is required\n  hookcast publish --help says what it takes\n"},
      {{"publish", "n", "t", "a", "b"},
       "hookcast: unexpected argument \"b\"\n"
       "  put what holds spaces in quotes; hookcast publish --help says what it takes\n"},
      {{"publish", "--jsn", "n", "t"},
       "hookcast: unknown option \"--jsn\"\n  did you mean --json?\n"},
      {{"ping", "--sever=x:1"}, "hookcast: unknown option \"--sever\"\n  did you mean --server?\n"},
      {{"ping", "--frobnicate"},
       "hookcast: unknown option \"--frobnicate\"\n"
       "  write -- before arguments that start with -; hookcast ping --help says what it takes\n"},
      {{"ping", "--output", "yaml"},
       "hookcast: --output: \"yaml\" is no format\n"
       "  write --output table or --output json (or HOOKCAST_OUTPUT)\n"},
      {{"ping", "--timeout", "5"},
       "hookcast: --timeout: \"5\" is not a length of time\n"
       "  write a number with its unit, for example 5s, 500ms or 1m\n"},
      {{"ping", "--server", "localhost"},
       "hookcast: --server: \"localhost\" has no port\n"
       "  write host:port, for example 127.0.0.1:8082, broker.internal:8082 or [::1]:8082\n"},
  };
  for (const Case& c : cases) {
    const RunResult result = RunHookcast(c.arguments);
    EXPECT_EQ(result.exit, ExitCode::kUsage) << c.err;
    EXPECT_EQ(result.out, "");
    EXPECT_EQ(result.err, c.err);
  }
}

TEST_F(CommandLineTest, TellsMistakesAsJsonWhereThatIsAskedFor) {
  const std::string told =
      "{\"code\":\"invalid_argument\",\"message\":\"DATA is required\",\"hint\":\"hookcast publish "
      "--help says what it takes\"}\n";
  EXPECT_EQ(RunHookcast({"publish", "n", "t", "--output", "json"}).err, told);
  EXPECT_EQ(RunHookcast({"--output=table", "publish", "n", "t", "--output=json"}).err, told);
  EXPECT_THAT(RunHookcast({"publish", "n", "--", "--output=json"}).err, StartsWith("hookcast: "));
  setenv("HOOKCAST_OUTPUT", "json", 1);
  EXPECT_EQ(RunHookcast({"publish", "n", "t"}).err, told);
  EXPECT_THAT(RunHookcast({"publish", "n", "t", "--output", "table"}).err,
              StartsWith("hookcast: "));
}

TEST_F(CommandLineTest, TellsAMistakeInTheDataBeforeItLooksForANode) {
  const RunResult result = RunHookcast({"publish", "n", "t", "\xFF", "--server", "127.0.0.1:1"});
  EXPECT_EQ(result.exit, ExitCode::kUsage);
  EXPECT_THAT(result.err, HasSubstr("--binary"));
}

TEST_F(CommandLineTest, TellsThatTheOutputCannotBeWritten) {
  std::istringstream in;
  std::ostringstream out;
  out.setstate(std::ios::badbit);
  std::ostringstream err;
  Terminal terminal{in, out, err, [] { return absl::Now(); }};
  EXPECT_EQ(cli::Run({"ping", "--server", broker_.address()}, terminal), ExitCode::kRefused);
  EXPECT_EQ(err.str(), "hookcast: cannot write the output\n");
}

}  // namespace
}  // namespace hookcast::cli
