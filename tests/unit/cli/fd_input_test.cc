#include "cli/fd_input.h"

#include <fcntl.h>
#include <unistd.h>

#include <array>
#include <string>
#include <thread>

#include "cli/data_argument.h"
#include "cli/failure.h"
#include "cli/message_source.h"
#include "gtest/gtest.h"

namespace hookcast::cli {
namespace {

class FdInputTest : public testing::Test {
 protected:
  FdInputTest() { EXPECT_EQ(pipe2(ends_.data(), O_CLOEXEC), 0); }
  ~FdInputTest() override {
    close(ends_[0]);
    CloseWriteEnd();
  }

  void Write(const std::string& bytes) {
    EXPECT_EQ(write(ends_[1], bytes.data(), bytes.size()), static_cast<ssize_t>(bytes.size()));
  }
  void CloseWriteEnd() {
    if (ends_[1] >= 0) close(ends_[1]);
    ends_[1] = -1;
  }

  std::array<int, 2> ends_;
  std::stop_source stop_;
};

TEST_F(FdInputTest, ReadsToTheEnd) {
  Write(std::string("a\0b\n", 4));
  CloseWriteEnd();
  FdInput input(ends_[0], {});
  std::istream in(&input);
  EXPECT_EQ(*ReadAll(in, "it", 100), std::string("a\0b\n", 4));
}

TEST_F(FdInputTest, EndsWhenAStopIsRequestedWhileItWaits) {
  FdInput input(ends_[0], stop_.get_token());
  std::istream in(&input);
  std::jthread stopper([this] { stop_.request_stop(); });
  EXPECT_EQ(in.get(), std::istream::traits_type::eof());
  EXPECT_FALSE(in.bad());
}

TEST_F(FdInputTest, WaitsWhereADescriptorDoesNotBlock) {
  fcntl(ends_[0], F_SETFL, O_NONBLOCK);
  FdInput input(ends_[0], {});
  std::istream in(&input);
  std::jthread writer([this] { Write("x"); });
  EXPECT_EQ(in.get(), 'x');
}

TEST_F(FdInputTest, SaysThatItCannotRead) {
  FdInput input(ends_[1], {});  // the end that is written
  CloseWriteEnd();
  std::istream in(&input);
  const auto content = ReadAll(in, "it", 100);
  EXPECT_EQ(content.status().message(), "cannot read it");
  EXPECT_EQ(ExitCodeOf(content.status()), ExitCode::kUsage);
}

TEST_F(FdInputTest, RefusesMoreThanItMayRead) {
  Write("abc");
  CloseWriteEnd();
  FdInput input(ends_[0], {});
  std::istream in(&input);
  EXPECT_EQ(ReadAll(in, "it", 2).status().message(), "it is longer than 2 B");
}

TEST_F(FdInputTest, GivesALineAsSoonAsItIsThere) {
  FdInput input(ends_[0], {});
  std::istream in(&input);
  const DataArgument form;
  MessageLines lines(&in, "it", &form);
  Write("first\nsec");
  EXPECT_FALSE(lines.Ready()) << "nothing was read yet";
  EXPECT_EQ((*lines.Next())->text(), "first");
  EXPECT_FALSE(lines.Ready()) << "the second line has no end";
  Write("ond\nthird\n");
  EXPECT_EQ((*lines.Next())->text(), "second");
  EXPECT_TRUE(lines.Ready());
  EXPECT_EQ((*lines.Next())->text(), "third");
  CloseWriteEnd();
  EXPECT_FALSE(lines.Next());
  EXPECT_TRUE(lines.Ready()) << "the end is known";
  EXPECT_TRUE(lines.status().ok());
}

TEST(OpenFileTest, SaysWhyAFileCannotBeRead) {
  EXPECT_EQ(OpenFile("/no/such").status().message(),
            "cannot read \"/no/such\": no such file or directory");
  EXPECT_EQ(OpenFile("/").status().message(), "cannot read \"/\": is a directory");
}

TEST(RepeatedMessageTest, GivesTheSameSoManyTimes) {
  v1::Data data;
  data.set_text("x");
  RepeatedMessage source(data, 2);
  EXPECT_EQ(source.total(), 2u);
  EXPECT_TRUE(source.Ready());
  EXPECT_EQ((*source.Next())->text(), "x");
  EXPECT_EQ((*source.Next())->text(), "x");
  EXPECT_FALSE(source.Next());
}

TEST(MessageLinesTest, EndsAtALineThatNoNodeTakes) {
  const auto zero = OpenFile("/dev/zero");
  ASSERT_TRUE(zero.ok());
  const DataArgument form;
  MessageLines lines(zero->get(), "it", &form);
  EXPECT_FALSE(lines.Next());
  EXPECT_EQ(lines.status().message(), "it: a line is longer than 64 MiB");
  EXPECT_EQ(ExitCodeOf(lines.status()), ExitCode::kRefused);
}

}  // namespace
}  // namespace hookcast::cli
