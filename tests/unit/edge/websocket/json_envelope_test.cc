#include "edge/websocket/json_envelope.h"

#include <gtest/gtest.h>

#include <string>

namespace hookcast::websocket {
namespace {

TEST(JsonEnvelopeTest, ATopicsMessageNamesItsTopicAndItsId) {
  EXPECT_EQ(WriteMessageEnvelope({.payload = "hello", .topic = "chat", .id = "a-7"}),
            R"({"type":"message","topic":"chat","id":"a-7","data":"hello"})");
}

TEST(JsonEnvelopeTest, WhatIsSentToOnePeerHasNeither) {
  EXPECT_EQ(WriteMessageEnvelope({.payload = "hello"}), R"({"type":"message","data":"hello"})");
}

TEST(JsonEnvelopeTest, AnEmptyTextIsAMessage) {
  EXPECT_EQ(WriteMessageEnvelope({}), R"({"type":"message","data":""})");
}

TEST(JsonEnvelopeTest, BinaryIsBase64ToTheByte) {
  std::string all;
  for (int i = 0; i < 256; ++i) all.push_back(static_cast<char>(i));
  EXPECT_EQ(WriteMessageEnvelope({.text = false, .payload = "\xff\x00\x10"}),
            R"({"type":"message","base64":"/w=="})")
      << "a literal ends at its NUL";
  EXPECT_EQ(WriteMessageEnvelope({.text = false, .payload = std::string_view("\xfb\x00\x10", 3)}),
            R"({"type":"message","base64":"+wAQ"})");
  EXPECT_EQ(WriteMessageEnvelope({.text = false}), R"({"type":"message","base64":""})");
  EXPECT_EQ(WriteMessageEnvelope({.text = false, .payload = all}).size(),
            std::string(R"({"type":"message","base64":""})").size() + 344);
}

TEST(JsonEnvelopeTest, TextIsEscapedWhereJsonNeedsItAndNowhereElse) {
  EXPECT_EQ(WriteMessageEnvelope({.payload = std::string_view("\"\\/\n\r\t\0\x1f ü 𝄞", 16)}),
            "{\"type\":\"message\",\"data\":\"\\\"\\\\/\\n\\r\\t\\u0000\\u001f ü 𝄞\"}");
}

TEST(JsonEnvelopeTest, TheFieldsOfAnEventStandBesideTheData) {
  EXPECT_EQ(WriteMessageEnvelope({.payload = "{}",
                                  .topic = "feed",
                                  .id = "a-8",
                                  .event_id = "42",
                                  .event = "update",
                                  .retry_ms = 3'000}),
            R"({"type":"message","topic":"feed","id":"a-8","event":"update","event_id":"42",)"
            R"("retry":3000,"data":"{}"})");
}

TEST(JsonEnvelopeTest, NamesThatAreNotUtf8AreReplacedAndHarmNothing) {
  EXPECT_EQ(WriteMessageEnvelope({.payload = "x", .topic = "a\xff"}),
            "{\"type\":\"message\",\"topic\":\"a\xEF\xBF\xBD\",\"data\":\"x\"}");
}

TEST(JsonEnvelopeTest, ThePeerLearnsItsIdAndWhatItMissed) {
  EXPECT_EQ(WriteOpenEnvelope("node-1-2"), R"({"type":"open","peer":"node-1-2"})");
  EXPECT_EQ(WriteGapEnvelope(17), R"({"type":"gap","lost":17})");
  EXPECT_EQ(WriteGapEnvelope(std::nullopt), R"({"type":"gap"})");
}

TEST(JsonEnvelopeTest, AMessageOfAHistorySaysWhatToComeBackWith) {
  EXPECT_EQ(WriteMessageEnvelope(
                {.payload = "x", .topic = "chat", .id = "a-7", .position = "1a2b3c4d.5.6"}),
            R"({"type":"message","topic":"chat","id":"a-7","position":"1a2b3c4d.5.6","data":"x"})");
  EXPECT_EQ(WritePositionEnvelope("1a2b3c4d.5.6"),
            R"({"type":"position","position":"1a2b3c4d.5.6"})");
}

}  // namespace
}  // namespace hookcast::websocket
