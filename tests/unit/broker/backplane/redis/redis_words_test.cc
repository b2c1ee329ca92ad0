#include "broker/backplane/redis/redis_words.h"

#include <gtest/gtest.h>

#include <string>

namespace hookcast::backplane {
namespace {

TEST(RedisWords, AreShownAsTheyAreWhereTheyAreReadable) {
  EXPECT_EQ(ShownWords("READONLY You can't write against a read only replica.", "s3cr3t"),
            "READONLY You can't write against a read only replica.");
  EXPECT_EQ(ShownWords("", ""), "");
}

TEST(RedisWords, ASecretIsNotShownWhereverItStands) {
  EXPECT_EQ(ShownWords("s3cr3t: `s3cr3t`", "s3cr3t"), "***: `***`");
  const std::string before(197, 'x');
  EXPECT_EQ(ShownWords(before + "s3cr3t", "s3cr3t"), before + "***")
      << "nor a part of it, where the words are cut";
}

TEST(RedisWords, WhatIsNoPrintableAsciiIsABlank) {
  EXPECT_EQ(ShownWords(std::string("a\x1b[31m\r\n\0\x7f\xc3\xa9 b", 14), ""), "a [31m       b");
}

TEST(RedisWords, AreCut) { EXPECT_EQ(ShownWords(std::string(5000, 'x'), "").size(), 200); }

}  // namespace
}  // namespace hookcast::backplane
