#include "edge/resume_request.h"

#include <gtest/gtest.h>

#include <string>

namespace hookcast::edge {
namespace {

HttpRequest Request(std::string target, HttpHeaders headers = {}) {
  HttpRequest request;
  request.method = "GET";
  request.target = std::move(target);
  request.headers = std::move(headers);
  return request;
}

TEST(ResumeRequest, AClientThatSaysNothingIsNew) {
  EXPECT_EQ(ResumeTextOf(Request("/a")), "");
  EXPECT_EQ(ResumeTextOf(Request("/a?x=1")), "");
  EXPECT_EQ(ResumeTextOf(Request("/a?last_event_id=", {{"Last-Event-ID", ""}})), "");
}

TEST(ResumeRequest, TheHeaderIsTakenInAnyCaseAndAsItIs) {
  EXPECT_EQ(ResumeTextOf(Request("/a", {{"last-event-ID", "1a2b3c4d.5.6;x%20y"}})),
            "1a2b3c4d.5.6;x%20y");
}

TEST(ResumeRequest, TheQueryIsDecoded) {
  EXPECT_EQ(ResumeTextOf(Request("/a?b=c&last_event_id=1a2b3c4d.5.6%3Bx+y")), "1a2b3c4d.5.6;x y");
}

TEST(ResumeRequest, TheHeaderGoesBeforeTheQueryUnlessItIsEmpty) {
  EXPECT_EQ(ResumeTextOf(Request("/a?last_event_id=query", {{"Last-Event-ID", "header"}})),
            "header");
  EXPECT_EQ(ResumeTextOf(Request("/a?last_event_id=query", {{"Last-Event-ID", ""}})), "query");
}

TEST(ResumeRequest, APathThatLooksLikeTheQueryIsNone) {
  EXPECT_EQ(ResumeTextOf(Request("/last_event_id=1")), "");
}

}  // namespace
}  // namespace hookcast::edge
