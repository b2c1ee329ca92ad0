#include "edge/sse/sse_frames.h"

#include <gtest/gtest.h>

#include <memory>
#include <string>

namespace hookcast::edge {
namespace {

using pubsub::Data;
using pubsub::DataKind;
using pubsub::EventFields;
using pubsub::Message;
using std::chrono::milliseconds;

constexpr SseForm kChunked{.chunked = true, .binary_event = kDefaultBinaryEvent};
constexpr SseForm kBare{.chunked = false, .binary_event = kDefaultBinaryEvent};

Data TextOf(std::string_view text, EventFields fields = {}) {
  return {.payload = Bytes::Copy(text), .event = std::make_shared<EventFields>(std::move(fields))};
}

Data BinaryOf(std::string_view bytes) {
  return {.kind = DataKind::kBinary, .payload = Bytes::Copy(bytes)};
}

TEST(SseFrames, AMessageIsBuiltOnceForAllOfAForm) {
  Message message;
  message.topic = "t";
  message.data = TextOf("hello");
  const Bytes chunk = EventOf(message, kChunked);
  EXPECT_EQ(chunk.view(), "d\r\ndata: hello\n\n\r\n");
  EXPECT_EQ(chunk.label(), "t");
  EXPECT_TRUE(chunk == EventOf(message, kChunked)) << "the same allocation";
  const Bytes bare = EventOf(message, kBare);
  EXPECT_EQ(bare.view(), "data: hello\n\n");
  EXPECT_TRUE(bare == EventOf(message, kBare));
}

TEST(SseFrames, FieldsOfTheEventAndLinesOfThePayloadComeInOrder) {
  Message message;
  message.data = TextOf("one\r\ntwo", {"7", "update", milliseconds(3000)});
  EXPECT_EQ(EventOf(message, kBare).view(),
            "id: 7\nevent: update\nretry: 3000\ndata: one\ndata: two\n\n");
}

TEST(SseFrames, APositionIsTheIdAndTheApplicationsOwnStandsBehindIt) {
  Message message;
  message.ns = "/a";
  message.position = pubsub::Position{5, 9};
  const std::string position = pubsub::ResumeId("/a", {5, 9});
  message.data = TextOf("x");
  EXPECT_EQ(EventOf(message, kBare).view(), "id: " + position + "\ndata: x\n\n");

  Message own;
  own.ns = "/a";
  own.position = message.position;
  own.data = TextOf("x", {"order-1", "", {}});
  EXPECT_EQ(EventOf(own, kBare).view(), "id: " + position + ";order-1\ndata: x\n\n");
}

TEST(SseFrames, AMessageOfThePastLeavesTheClientsPosition) {
  Message message;
  message.ns = "/a";
  message.topic = "t";
  message.position = pubsub::Position{5, 2};
  message.data = TextOf("x", {"own", "", {}});
  const Bytes event = EventRecalling(message, "92846985.5.9", kBare);
  EXPECT_EQ(event.view(), "id: 92846985.5.9;own\ndata: x\n\n");
  EXPECT_EQ(event.label(), "t");
}

TEST(SseFrames, WhatIsSentToOnePeerCarriesItsPositionWhereItHasAnIdOfItsOwn) {
  EXPECT_EQ(EventOf(TextOf("x"), "92846985.5.9", kBare).view(), "data: x\n\n");
  EXPECT_EQ(EventOf(TextOf("x", {"own", "", {}}), "92846985.5.9", kBare).view(),
            "id: 92846985.5.9;own\ndata: x\n\n");
  EXPECT_EQ(EventOf(TextOf("x", {"own", "", {}}), "", kBare).view(), "id: own\ndata: x\n\n");
}

TEST(SseFrames, WhatIsSentToManyIsSharedUnlessItCarriesPositions) {
  Data data = TextOf("x", {"own", "", {}});
  data.forms = std::make_shared<pubsub::WireForms>();
  EXPECT_TRUE(EventOf(data, "", kChunked) == EventOf(data, "", kChunked));
  EXPECT_FALSE(EventOf(data, "92846985.5.9", kChunked) == EventOf(data, "", kChunked));
  EXPECT_EQ(EventOf(data, "", kChunked).label(), "");
}

TEST(SseFrames, BinaryIsBase64InTheRoutesEvent) {
  Message message;
  message.data = BinaryOf(std::string_view("\0\xff\n", 3));
  EXPECT_EQ(EventOf(message, kBare).view(), "event: hookcast.binary\ndata: AP8K\n\n");
  const SseForm named{.chunked = false, .binary_event = "blob"};
  EXPECT_EQ(EventOf(message, named).view(), "event: blob\ndata: AP8K\n\n")
      << "not what another route's peers share";
  EXPECT_EQ(EventOf(message, kBare).view(), "event: hookcast.binary\ndata: AP8K\n\n");
}

TEST(SseFrames, TheNodesOwnEventsAreJson) {
  EXPECT_EQ(
      OpenEvent("p-1", "s3cret", 1500, kBare).view(),
      "event: hookcast.open\nretry: 1500\ndata: {\"peer\":\"p-1\",\"secret\":\"s3cret\"}\n\n");
  EXPECT_EQ(OpenEvent("p-1", "", 0, kBare).view(),
            "event: hookcast.open\nretry: 0\ndata: {\"peer\":\"p-1\"}\n\n");
  EXPECT_EQ(CloseEvent(4000, "bye\n\"now\"", {}, kBare).view(),
            "event: hookcast.close\ndata: {\"code\":4000,\"reason\":\"bye\\n\\\"now\\\"\"}\n\n");
  EXPECT_EQ(CloseEvent(1012, "", 2500, kBare).view(),
            "event: hookcast.close\nretry: 2500\ndata: {\"code\":1012,\"reason\":\"\"}\n\n");
  EXPECT_EQ(GapEvent(3, kBare).view(), "event: hookcast.gap\ndata: {\"lost\":3}\n\n");
  EXPECT_EQ(GapEvent({}, kBare).view(), "event: hookcast.gap\ndata: {}\n\n");
  EXPECT_EQ(PositionBlock("92846985.5.9", kBare).view(), "id: 92846985.5.9\n\n");
  EXPECT_EQ(KeepaliveComment(kBare).view(), ":\n\n");
  EXPECT_EQ(KeepaliveComment(kChunked).view(), "3\r\n:\n\n\r\n");
  EXPECT_EQ(LastChunk().view(), "0\r\n\r\n");
}

}  // namespace
}  // namespace hookcast::edge
