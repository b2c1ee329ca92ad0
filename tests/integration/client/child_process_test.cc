#include "tests/integration/client/child_process.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <cerrno>
#include <chrono>
#include <csignal>
#include <memory>
#include <string>
#include <vector>

namespace hookcast::testing {
namespace {

using std::chrono::milliseconds;
using ::testing::HasSubstr;
using ::testing::Optional;

std::unique_ptr<ChildProcess> Shell(const std::string& script,
                                    const std::map<std::string, std::string>& env = {}) {
  absl::StatusOr<std::unique_ptr<ChildProcess>> child =
      ChildProcess::Start({"sh", "-c", script}, env);
  EXPECT_TRUE(child.ok()) << child.status();
  return child.ok() ? *std::move(child) : nullptr;
}

TEST(ChildProcessTest, CollectsBothOutputsAndTheExitCode) {
  const auto child = Shell("echo out; echo err >&2; printf end; exit 7");
  const absl::StatusOr<int> code = child->WaitExit();
  ASSERT_TRUE(code.ok()) << code.status();
  EXPECT_EQ(*code, 7);
  EXPECT_EQ(child->output(), "out\nerr\nend");
  EXPECT_EQ(child->line_count(), 3u);
  EXPECT_EQ(*child->WaitExit(), 7);
}

TEST(ChildProcessTest, FindsALineThatWasPrintedAlreadyAndOneToCome) {
  const auto child = Shell("echo first; echo second; read x < /dev/null; exec sleep 60");
  EXPECT_TRUE(child->WaitForLine("second").ok());
  const absl::StatusOr<std::string> first = child->WaitForLine("irs");
  ASSERT_TRUE(first.ok()) << first.status();
  EXPECT_EQ(*first, "first");
  EXPECT_EQ(child->WaitForLine("first", milliseconds(20), 1).status().code(),
            absl::StatusCode::kDeadlineExceeded);
  const absl::StatusOr<std::string> by_predicate =
      child->WaitForLine([](std::string_view line) { return line.size() == 6; });
  ASSERT_TRUE(by_predicate.ok()) << by_predicate.status();
  EXPECT_EQ(*by_predicate, "second");
}

TEST(ChildProcessTest, ALineThatCannotComeAnyMoreIsAnErrorAtOnce) {
  const auto child = Shell("echo only");
  const absl::StatusOr<std::string> line = child->WaitForLine("other", std::chrono::minutes(5));
  EXPECT_EQ(line.status().code(), absl::StatusCode::kUnavailable);
  EXPECT_THAT(std::string(line.status().message()), HasSubstr("only"));
}

TEST(ChildProcessTest, ASignalsEndIs128AndItsNumber) {
  const auto child = Shell("echo up; exec sleep 60");
  ASSERT_TRUE(child->WaitForLine("up").ok());
  EXPECT_EQ(child->WaitExit(milliseconds(20)).status().code(), absl::StatusCode::kDeadlineExceeded);
  EXPECT_EQ(child->Signal(SIGTERM), 0);
  const absl::StatusOr<int> code = child->WaitExit();
  ASSERT_TRUE(code.ok()) << code.status();
  EXPECT_EQ(*code, 128 + SIGTERM);
  EXPECT_EQ(child->Signal(SIGTERM), ESRCH);
}

TEST(ChildProcessTest, ItsEnvironmentIsOursWithTheChanges) {
  const auto child = Shell("echo \"$ADDED,${PATH:+path}\"", {{"ADDED", "yes"}});
  EXPECT_TRUE(child->WaitForLine("yes,path").ok()) << child->output();
}

TEST(ChildProcessTest, AProgramThatDoesNotExistIsNotFound) {
  const auto child = ChildProcess::Start({"/nonexistent/program"});
  EXPECT_EQ(child.status().code(), absl::StatusCode::kNotFound);
  EXPECT_THAT(std::string(child.status().message()), HasSubstr("/nonexistent/program"));
}

TEST(ChildProcessTest, TheDestructorKillsAndDoesNotWaitForGrandchildren) {
  auto child = Shell("trap '' TERM; sleep 5 & echo up; while :; do wait; done");
  ASSERT_TRUE(child->WaitForLine("up").ok());
  const int pid = child->pid();
  const auto start = std::chrono::steady_clock::now();
  child.reset();
  EXPECT_LT(std::chrono::steady_clock::now() - start, std::chrono::seconds(4));
  EXPECT_EQ(::kill(pid, 0), -1);
  EXPECT_EQ(errno, ESRCH);
}

TEST(JsonFieldTest, ReadsTextNumbersAndLiterals) {
  const std::string line = R"({"msg": "listening", "clients":"127.0.0.1:8080","n": 12,"up":true})";
  EXPECT_THAT(JsonField(line, "clients"), Optional(std::string("127.0.0.1:8080")));
  EXPECT_THAT(JsonField(line, "msg"), Optional(std::string("listening")));
  EXPECT_THAT(JsonField(line, "n"), Optional(std::string("12")));
  EXPECT_THAT(JsonField(line, "up"), Optional(std::string("true")));
  EXPECT_EQ(JsonField(line, "listening"), std::nullopt);
}

TEST(JsonFieldTest, UndoesEscapes) {
  EXPECT_THAT(JsonField(R"({"a":"x\"y\\z\n"})", "a"), Optional(std::string("x\"y\\z\n")));
}

}  // namespace
}  // namespace hookcast::testing
