#include "broker/backplane/redis/redis_reader.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <string>
#include <vector>

#include "broker/backplane/redis/redis_command.h"

namespace hookcast::backplane {
namespace {

using testing::ElementsAre;
using testing::IsEmpty;

std::string Text(const RedisReply& reply) {
  std::string text;
  for (const RedisValue& value : reply.values) {
    if (!text.empty()) text += ", ";
    switch (value.kind) {
      case RedisValue::Kind::kNothing:
        text += "nothing";
        break;
      case RedisValue::Kind::kInteger:
        text += std::to_string(value.integer);
        break;
      case RedisValue::Kind::kText:
        text += "'" + std::string(value.text) + "'";
        break;
      case RedisValue::Kind::kError:
        text += "error '" + std::string(value.text) + "'";
    }
  }
  return reply.is_list ? "[" + text + "]" : text;
}

class RedisReaderTest : public testing::Test {
 protected:
  std::vector<std::string> Feed(std::string_view bytes) {
    std::vector<std::string> replies;
    status_ = reader_.Feed(bytes, [&](const RedisReply& reply) {
      replies.push_back(Text(reply));
      return true;
    });
    return replies;
  }

  RedisReader reader_;
  absl::Status status_;
};

TEST_F(RedisReaderTest, ReadsEveryKindOfReply) {
  EXPECT_THAT(Feed("+OK\r\n-ERR no\r\n:-7\r\n$3\r\na\r\n\r\n$-1\r\n*0\r\n*2\r\n$1\r\na\r\n:1\r\n"),
              ElementsAre("'OK'", "error 'ERR no'", "-7", "'a\r\n'", "nothing", "[]", "['a', 1]"));
  EXPECT_TRUE(status_.ok()) << status_;
}

TEST_F(RedisReaderTest, ReadsRepliesThatComeByteByByte) {
  std::string whole = "*3\r\n$7\r\nmessage\r\n$1\r\nc\r\n$4\r\n";
  whole += std::string("a\0\r\n", 4) + "\r\n:1\r\n";
  std::vector<std::string> replies;
  for (const char byte : whole) {
    for (const std::string& reply : Feed({&byte, 1})) replies.push_back(reply);
  }
  EXPECT_THAT(replies, ElementsAre("['message', 'c', '" + std::string("a\0\r\n", 4) + "']", "1"));
}

TEST_F(RedisReaderTest, ReadsALargeValueInParts) {
  const std::string value(300'000, 'x');
  std::string bytes = "$300000\r\n" + value + "\r\n+OK\r\n";
  std::vector<std::string> replies;
  for (size_t at = 0; at < bytes.size(); at += 4096) {
    for (const std::string& reply : Feed(std::string_view(bytes).substr(at, 4096))) {
      replies.push_back(reply);
    }
  }
  EXPECT_THAT(replies, ElementsAre("'" + value + "'", "'OK'"));
}

TEST_F(RedisReaderTest, RefusesWhatIsNoProtocol) {
  EXPECT_THAT(Feed("HTTP/1.1 400 Bad Request\r\n"), IsEmpty());
  EXPECT_EQ(status_.code(), absl::StatusCode::kInvalidArgument);
}

TEST_F(RedisReaderTest, RefusesAListInAList) {
  EXPECT_THAT(Feed("*1\r\n*1\r\n:1\r\n"), IsEmpty());
  EXPECT_EQ(status_.code(), absl::StatusCode::kInvalidArgument);
}

TEST_F(RedisReaderTest, RefusesAListWithoutEnd) {
  std::string bytes = "*1000000000\r\n";
  for (size_t i = 0; i < RedisReader::kMostValues; ++i) bytes += ":1\r\n";
  EXPECT_THAT(Feed(bytes), IsEmpty());
  EXPECT_TRUE(status_.ok()) << status_;
  EXPECT_THAT(Feed(":1\r\n"), IsEmpty());
  EXPECT_EQ(status_.code(), absl::StatusCode::kInvalidArgument);
}

TEST_F(RedisReaderTest, StopsWhereItIsTold) {
  std::vector<std::string> replies;
  EXPECT_TRUE(reader_
                  .Feed("+a\r\n+b\r\n",
                        [&](const RedisReply& reply) {
                          replies.push_back(Text(reply));
                          return false;
                        })
                  .ok());
  EXPECT_THAT(replies, ElementsAre("'a'"));
}

TEST(RedisCommand, IsAListOfWordsOfAnyBytes) {
  std::string out = "before";
  AppendCommand({"PUBLISH", "", std::string_view("\r\n\0", 3)}, &out);
  EXPECT_EQ(out, "before" + std::string("*3\r\n$7\r\nPUBLISH\r\n$0\r\n\r\n$3\r\n\r\n\0\r\n", 32));
}

}  // namespace
}  // namespace hookcast::backplane
