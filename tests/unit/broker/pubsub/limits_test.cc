#include "broker/pubsub/limits.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <string>

namespace hookcast::pubsub {
namespace {

using testing::HasSubstr;

TEST(Limits, ANamespaceMayBeEmptyAndHaveUpTo1024Bytes) {
  EXPECT_TRUE(CheckNamespace("").ok());
  EXPECT_TRUE(CheckNamespace(std::string(1024, 'n')).ok());
  const absl::Status status = CheckNamespace(std::string(1025, 'n'));
  EXPECT_EQ(status.code(), absl::StatusCode::kInvalidArgument);
  EXPECT_THAT(std::string(status.message()), HasSubstr("1025"));
  EXPECT_THAT(std::string(status.message()), HasSubstr("1024"));
}

TEST(Limits, ATopicNeedsANameOfUpTo255Bytes) {
  EXPECT_EQ(CheckTopic("").code(), absl::StatusCode::kInvalidArgument);
  EXPECT_TRUE(CheckTopic("t").ok());
  EXPECT_TRUE(CheckTopic(std::string(255, 't')).ok());
  for (const size_t size : {256, 4096, 65536}) {
    const absl::Status status = CheckTopic(std::string(size, 't'));
    EXPECT_EQ(status.code(), absl::StatusCode::kInvalidArgument) << size;
    EXPECT_THAT(std::string(status.message()), HasSubstr(std::to_string(size)));
    EXPECT_THAT(std::string(status.message()), HasSubstr("255"));
  }
}

// The limit counts bytes, also where a character has several.
TEST(Limits, CountBytesNotCharacters) {
  std::string topic;
  for (int i = 0; i < 85; ++i) topic += "\xe2\x82\xac";
  EXPECT_EQ(topic.size(), 255);
  EXPECT_TRUE(CheckTopic(topic).ok());
  EXPECT_FALSE(CheckTopic(topic + "a").ok());
}

TEST(Limits, ControlCharactersAndNulAreAllowed) {
  const std::string name("a\0\r\n\x7f{%}*", 9);
  EXPECT_TRUE(CheckNamespace(name).ok());
  EXPECT_TRUE(CheckTopic(name).ok());
}

// Names travel in protobuf strings, which a receiver refuses whole for one bad byte.
TEST(Limits, NamesThatAreNotUtf8AreRefused) {
  for (const char* name : {"\xff", "a\xc0\x80", "\xed\xa0\x80", "cut \xe2\x82"}) {
    const absl::Status ns = CheckNamespace(name);
    EXPECT_EQ(ns.code(), absl::StatusCode::kInvalidArgument);
    EXPECT_THAT(std::string(ns.message()), HasSubstr("UTF-8"));
    const absl::Status topic = CheckTopic(name);
    EXPECT_EQ(topic.code(), absl::StatusCode::kInvalidArgument);
    EXPECT_THAT(std::string(topic.message()), HasSubstr("UTF-8"));
  }
}

TEST(Limits, AnIdempotencyKeyIsBoundedAndMayBeEmpty) {
  EXPECT_TRUE(CheckIdempotencyKey("").ok());
  EXPECT_TRUE(CheckIdempotencyKey(std::string(255, 'k')).ok());
  EXPECT_EQ(CheckIdempotencyKey(std::string(256, 'k')).code(), absl::StatusCode::kInvalidArgument);
}

}  // namespace
}  // namespace hookcast::pubsub
