#include "edge/sse/accept.h"

#include <gtest/gtest.h>

#include <string_view>

namespace hookcast::sse {
namespace {

TEST(AcceptTest, WithoutTheHeaderAClientTakesAnything) {
  EXPECT_TRUE(AcceptsEventStream({}));
  EXPECT_TRUE(AcceptsEventStream({""}));
  EXPECT_TRUE(AcceptsEventStream({" , ,", "\t"}));
}

TEST(AcceptTest, RangesThatHoldEventStreamsAreTaken) {
  for (const std::string_view value :
       {"text/event-stream", "text/*", "*/*", "TEXT/Event-Stream", "text/html, text/event-stream",
        "application/json;q=0.9,*/*;q=0.1", "text/event-stream;charset=utf-8",
        "text/event-stream ; q=0.001", "text/event-stream;q=1.000", "*/* ;Q=0.5",
        "text/event-stream;;q=1", "text/x;a=\",\", */*", "text/x;a=\"\\\",\", text/*"}) {
    EXPECT_TRUE(AcceptsEventStream({value})) << value;
  }
}

TEST(AcceptTest, RangesThatDoNotAreRefused) {
  for (const std::string_view value :
       {"text/html", "application/json, text/plain", "text/event-stream;q=0", "*/*;q=0.000",
        "text/event", "text/event-streams", "text", "event-stream", "application/*",
        "*/event-stream", "text/x;a=\"text/event-stream, */*\"", "text/x;a=\", */*"}) {
    EXPECT_FALSE(AcceptsEventStream({value})) << value;
  }
}

TEST(AcceptTest, TheMostSpecificRangeDecides) {
  EXPECT_FALSE(AcceptsEventStream({"*/*, text/event-stream;q=0"}));
  EXPECT_FALSE(AcceptsEventStream({"text/event-stream;q=0, */*;q=1, text/*"}));
  EXPECT_FALSE(AcceptsEventStream({"*/*, text/*;q=0"}));
  EXPECT_TRUE(AcceptsEventStream({"text/*;q=0, text/event-stream;q=0.1"}));
  EXPECT_TRUE(AcceptsEventStream({"*/*;q=0, text/*"}));
}

TEST(AcceptTest, OfEqualRangesOneThatTakesItIsEnough) {
  EXPECT_TRUE(AcceptsEventStream({"text/event-stream;q=0, text/event-stream;q=0.5"}));
  EXPECT_TRUE(AcceptsEventStream({"text/event-stream, text/event-stream;q=0"}));
}

TEST(AcceptTest, AllLinesOfTheHeaderCount) {
  EXPECT_TRUE(AcceptsEventStream({"text/html", "text/event-stream"}));
  EXPECT_FALSE(AcceptsEventStream({"*/*", "text/event-stream;q=0"}));
}

TEST(AcceptTest, MalformedElementsAreLeftOut) {
  for (const std::string_view bad :
       {"text/event-stream;q=2", "text/event-stream;q=", "text/event-stream;q=0.0001",
        "text/event-stream;q=1.001", "text/event-stream;q=.5", "text/event-stream;q=-1",
        "text/event-stream;q", "text/event-stream;=1", "text/event-stream;q=0x",
        "text/ event-stream"}) {
    EXPECT_FALSE(AcceptsEventStream({bad})) << bad;
    EXPECT_TRUE(AcceptsEventStream({bad, "*/*;q=0.1"})) << bad;
  }
}

}  // namespace
}  // namespace hookcast::sse
