// The program itself, as a shell runs it.

#include <fcntl.h>
#include <signal.h>
#include <sys/stat.h>
#include <sys/wait.h>
#include <unistd.h>

#include <algorithm>
#include <array>
#include <chrono>
#include <cstdio>
#include <future>
#include <memory>
#include <string>
#include <utility>
#include <vector>

#include "gmock/gmock.h"
#include "gtest/gtest.h"
#include "tests/integration/client/child_process.h"
#include "tests/unit/cli/fake_broker.h"

namespace hookcast::cli {
namespace {

using ::hookcast::testing::ChildProcess;
using ::testing::EndsWith;
using ::testing::HasSubstr;
using ::testing::MatchesRegex;

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

class InterruptTest : public ::testing::Test {
 protected:
  InterruptTest() {
    broker_.watch = [](const v1::WatchRequest&) {
      FakeBroker::Watched watched;
      watched.events.resize(1);
      watched.events[0].mutable_message()->set_topic("chat");
      return watched;
    };
    broker_.publish_batch = [](const v1::PublishBatchRequest& request,
                               v1::PublishBatchResponse* response) {
      for (int i = 0; i < request.messages_size(); ++i) response->add_results();
      return absl::OkStatus();
    };
  }

  std::unique_ptr<ChildProcess> Start(std::vector<std::string> arguments) {
    auto child =
        ChildProcess::Start(std::move(arguments), {{"HOOKCAST_SERVER", broker_.address()}});
    EXPECT_TRUE(child.ok()) << child.status();
    return *std::move(child);
  }

  // Comes when the first batch has; before the program is started.
  std::future<void> PublishedOnce() {
    auto published = std::make_shared<std::promise<void>>();
    std::future<void> future = published->get_future();
    broker_.publish_batch = [published, answer = broker_.publish_batch](
                                const v1::PublishBatchRequest& request,
                                v1::PublishBatchResponse* response) {
      published->set_value();
      return answer(request, response);
    };
    return future;
  }

  static constexpr char kOneMessage[] =
      "published 1 message in [0-9.]+ s, [0-9.]+/s; interrupted\n";

  FakeBroker broker_;
};

TEST_F(InterruptTest, EndsTailWithZero) {
  for (const int signal : {SIGINT, SIGTERM}) {
    const auto tail = Start({HOOKCAST_BINARY, "tail"});
    const auto line = tail->WaitForLine("chat");
    ASSERT_TRUE(line.ok()) << line.status();
    tail->Signal(signal);
    const auto exit = tail->WaitExit();
    ASSERT_TRUE(exit.ok()) << exit.status();
    EXPECT_EQ(*exit, 0);
    EXPECT_EQ(tail->line_count(), 1u) << tail->output();
  }
}

TEST_F(InterruptTest, EndsPublishWithTheSumSoFarWhileItWaitsForALine) {
  // Standard input has a writer that says no more, as a keyboard would.
  const std::string fifo = ::testing::TempDir() + "/hookcast_fifo_" + std::to_string(getpid());
  ASSERT_EQ(mkfifo(fifo.c_str(), 0600), 0);
  const int writer = open(fifo.c_str(), O_RDWR | O_CLOEXEC);
  ASSERT_EQ(write(writer, "one\ntwo", 7), 7);
  const auto published = PublishedOnce();
  const auto publish =
      Start({"sh", "-c", "exec '" HOOKCAST_BINARY "' publish n t - --lines <'" + fifo + "'"});
  published.wait();
  publish->Signal(SIGINT);
  const auto exit = publish->WaitExit();
  close(writer);
  std::remove(fifo.c_str());
  ASSERT_TRUE(exit.ok()) << exit.status();
  EXPECT_EQ(*exit, 0);
  EXPECT_THAT(publish->output(), MatchesRegex(kOneMessage));
}

TEST_F(InterruptTest, EndsAPacedPublishWithTheSumSoFar) {
  const auto published = PublishedOnce();
  const auto publish =
      Start({HOOKCAST_BINARY, "publish", "n", "t", "x", "--count", "10", "--rate", "0.001"});
  published.wait();
  publish->Signal(SIGINT);
  const auto exit = publish->WaitExit();
  ASSERT_TRUE(exit.ok()) << exit.status();
  EXPECT_EQ(*exit, 0);
  EXPECT_THAT(publish->output(), MatchesRegex(kOneMessage));
}

TEST_F(InterruptTest, EndsTailWithoutAWordWhereNobodyReadsOn) {
  broker_.watch = [](const v1::WatchRequest&) {
    FakeBroker::Watched watched;
    watched.events.resize(5000);
    for (auto& event : watched.events) event.mutable_message()->set_topic("chat");
    return watched;
  };
  const ShellResult result =
      Shell("\"$H\" --server " + broker_.address() + " tail 2>&1 | head -n 1");
  EXPECT_THAT(result.output, EndsWith("  chat  0 B\n"));
  EXPECT_EQ(std::count(result.output.begin(), result.output.end(), '\n'), 1);
}

TEST_F(InterruptTest, EndsTailWhereNobodyReadsOnThoughNothingComes) {
  // One event, and the stream stays open: no write would tell.
  const ShellResult result =
      Shell("{ \"$H\" --server " + broker_.address() + " tail; echo $? >&2; } 2>&1 | head -n 1");
  EXPECT_THAT(result.output, EndsWith("  chat  0 B\n"));
}

}  // namespace
}  // namespace hookcast::cli
