#include "edge/http_message.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

namespace hookcast::edge {
namespace {

TEST(HttpMessageTest, ThePathIsTheTargetWithoutItsQuery) {
  EXPECT_EQ((HttpRequest{"GET", "/a/b?c=d?e"}.path()), "/a/b");
  EXPECT_EQ((HttpRequest{"GET", "/a%20b"}.path()), "/a%20b");
  EXPECT_EQ((HttpRequest{"GET", "?"}.path()), "");
}

TEST(HttpMessageTest, AResponseIsWrittenWithItsLengthAndCloses) {
  const HttpResponse response{
      401, {{"WWW-Authenticate", "Bearer"}, {"X", "1"}, {"X", "2"}}, "no\n"};
  EXPECT_EQ(response.Serialize(),
            "HTTP/1.1 401 Unauthorized\r\n"
            "WWW-Authenticate: Bearer\r\n"
            "X: 1\r\n"
            "X: 2\r\n"
            "Content-Length: 3\r\n"
            "Connection: close\r\n"
            "\r\n"
            "no\n");
}

TEST(HttpMessageTest, TheAnswerToHeadSaysTheLengthOfWhatItLeavesOut) {
  const std::string head = HttpResponse::Text(200, "twelve bytes").Serialize(/*head_only=*/true);
  EXPECT_THAT(head, testing::HasSubstr("Content-Length: 13\r\n"));
  EXPECT_TRUE(head.ends_with("\r\n\r\n")) << head;
}

TEST(HttpMessageTest, NotModifiedHasNoBody) {
  EXPECT_EQ((HttpResponse{304, {}, "ignored"}.Serialize()),
            "HTTP/1.1 304 Not Modified\r\nConnection: close\r\n\r\n");
}

TEST(HttpMessageTest, ATextEndsWithALineFeed) {
  EXPECT_EQ(HttpResponse::Text(400, "No.").body, "No.\n");
  EXPECT_EQ(HttpResponse::Text(400, "No.\n").body, "No.\n");
}

TEST(HttpMessageTest, EachStatusThatIsSentHasAPhrase) {
  for (const int status : {101, 200, 400, 404, 405, 408, 413, 414, 426, 431, 500, 503, 505}) {
    EXPECT_NE(ReasonPhrase(status), "Status") << status;
  }
  EXPECT_EQ(ReasonPhrase(599), "Status");
}

}  // namespace
}  // namespace hookcast::edge
