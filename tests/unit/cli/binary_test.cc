// The program itself, as a shell runs it.

#include <sys/wait.h>

#include <array>
#include <chrono>
#include <cstdio>
#include <string>

#include "gmock/gmock.h"
#include "gtest/gtest.h"
#include "tests/unit/cli/fake_broker.h"

namespace hookcast::cli {
namespace {

using testing::HasSubstr;

struct ShellResult {
  int exit;
  std::string output;
};

// $H stands for the program.
ShellResult Shell(const std::string& command) {
  FILE* pipe = popen(("H='" HOOKCAST_BINARY "'; " + command).c_str(), "r");
  std::string output;
  std::array<char, 4096> piece;
  size_t count = 0;
  while ((count = fread(piece.data(), 1, piece.size(), pipe)) > 0) {
    output.append(piece.data(), count);
  }
  const int status = pclose(pipe);
  return {WIFEXITED(status) ? WEXITSTATUS(status) : -1, output};
}

TEST(BinaryTest, PublishesStandardInputAndEndsWithZero) {
  FakeBroker broker;
  std::string text;
  broker.publish = [&](const v1::PublishRequest& request, v1::PublishResponse* response) {
    text = request.data().text();
    response->set_id("m-1");
    return absl::OkStatus();
  };
  const ShellResult result = Shell("printf 'a\\nb' | HOOKCAST_SERVER=" + broker.address() +
                                   " \"$H\" publish /rooms/a chat - 2>&1");
  EXPECT_EQ(result.exit, 0);
  EXPECT_EQ(result.output, "published m-1 to 0 peers of this node\n");
  EXPECT_EQ(text, "a\nb");
}

TEST(BinaryTest, EndsWithOneWhereTheNodeRefuses) {
  FakeBroker broker;
  broker.get_peer = [](const v1::GetPeerRequest&, v1::GetPeerResponse*) {
    return absl::NotFoundError("no peer x");
  };
  const ShellResult result =
      Shell("\"$H\" --server " + broker.address() + " peer x 2>&1 >/dev/null");
  EXPECT_EQ(result.exit, 1);
  EXPECT_THAT(result.output, HasSubstr("hookcast: no peer x\n"));
}

TEST(BinaryTest, EndsWithTwoOnAMistakeAndWritesItToStderr) {
  const ShellResult result = Shell("\"$H\" peeers 2>/dev/null");
  EXPECT_EQ(result.exit, 2);
  EXPECT_EQ(result.output, "");
}

TEST(BinaryTest, EndsWithThreeWithinASecondWhereNothingListens) {
  const auto start = std::chrono::steady_clock::now();
  const ShellResult result = Shell("\"$H\" ping --server 127.0.0.1:1 2>&1");
  EXPECT_LT(std::chrono::steady_clock::now() - start, std::chrono::seconds(1));
  EXPECT_EQ(result.exit, 3);
  EXPECT_THAT(result.output, HasSubstr("cannot reach a node at 127.0.0.1:1: connection refused\n"));
}

TEST(BinaryTest, TellsAFullDisk) {
  const ShellResult result = Shell("\"$H\" --version 2>&1 >/dev/full");
  EXPECT_EQ(result.exit, 1);
  EXPECT_EQ(result.output, "hookcast: cannot write the output\n");
}

}  // namespace
}  // namespace hookcast::cli
