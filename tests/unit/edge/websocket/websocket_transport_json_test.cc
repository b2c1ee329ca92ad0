// A client of hookcast.v1.json: docs/protocol.md.

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <string>
#include <vector>

#include "absl/strings/str_cat.h"
#include "tests/unit/edge/websocket/client_frames.h"
#include "tests/unit/edge/websocket/websocket_transport_fixture.h"

namespace hookcast::edge {
namespace {

namespace client = websocket::testing;

using config::SlowPeer;
using hooks::ClosedBy;
using testing::ElementsAre;
using testing::IsEmpty;

class JsonTransportTest : public WebSocketTransportTest {
 protected:
  static Settings Json(Settings settings) {
    settings.options.form.json = true;
    return settings;
  }

  // That all messages are missing that were dropped.
  ServerFrame Gap() {
    const auto lost = metrics().dropped.value(metrics::Drop::kSlowPeerGap);
    EXPECT_GT(lost, 1);
    return TextFrame(absl::StrCat(R"({"type":"gap","lost":)", lost, "}"));
  }
};

TEST_F(JsonTransportTest, TheClientLearnsWhichPeerItIsBeforeAllElse) {
  Start(Json(Quiet()));
  const PeerId peer{{7}, ShardId{0}, 3};
  transport_->Greet(peer);
  Send("hello");
  EXPECT_THAT(
      AwaitFrames(2),
      ElementsAre(TextFrame(absl::StrCat(R"({"type":"open","peer":")", peer.ToString(), R"("})")),
                  TextFrame(R"({"type":"message","data":"hello"})")));
}

TEST_F(JsonTransportTest, AClientWithoutTheSubprotocolIsGreetedWithNothing) {
  Start();
  transport_->Greet(PeerId{{7}, ShardId{0}, 3});
  Send("hello");
  EXPECT_THAT(AwaitFrames(1), ElementsAre(TextFrame("hello")));
}

TEST_F(JsonTransportTest, BinaryBecomesTextAndAMessageIsFramedOnceForEachForm) {
  Start(Json(Quiet()));
  pubsub::Message message;
  message.id = {{7}, 9};
  message.topic = "chat";
  message.data = {.kind = pubsub::DataKind::kBinary, .payload = Bytes::Copy("\x01")};
  Compression& compression = node_->shard().compression();
  const Bytes bare = FrameOf(message, {}, compression);
  const Bytes json = FrameOf(message, {.json = true}, compression);
  EXPECT_TRUE(json == FrameOf(message, {.json = true}, compression)) << "the same allocation";
  EXPECT_FALSE(json == bare);
  EXPECT_EQ(json.label(), "chat");
  EXPECT_TRUE(transport_->Deliver(message));
  EXPECT_THAT(AwaitFrames(1),
              ElementsAre(TextFrame(absl::StrCat(R"({"type":"message","topic":"chat","id":")",
                                                 message.id.ToString(), R"(","base64":"AQ=="})"))));
}

TEST_F(JsonTransportTest, WhatTheClientSendsPassesAsItIs) {
  Start(Json(Quiet()));
  client_->Send(client::Text("{\"type\":\"message\"") + client::Binary("\x01"));
  ASSERT_TRUE(RunUntil([&] { return listener_.messages().size() == 2; }));
  EXPECT_THAT(listener_.messages(), ElementsAre("text {\"type\":\"message\"", "binary \x01"));
}

TEST_F(JsonTransportTest, AGapIsToldToTheClientInPlaceOfTheListener) {
  Start(Json(Narrow(50'000, SlowPeer::kGap)));
  while (Deliver(std::string(1'000, 'x'))) node_->RunReady();
  ASSERT_TRUE(RunUntil([&] {
    client_->Pump();
    return metrics().peers_behind.value() == 0;
  }));
  ASSERT_TRUE(Deliver("behind the gap"));
  std::vector<ServerFrame> frames;
  ASSERT_TRUE(RunUntil([&] {
    frames = Frames();
    return frames.back().payload.find("behind the gap") != std::string::npos;
  }));
  EXPECT_EQ(frames[frames.size() - 2], Gap());
  EXPECT_THAT(listener_.gaps(), IsEmpty());
}

TEST_F(JsonTransportTest, AGapThatAnEndCutsShortStandsBeforeTheClose) {
  enum End { kClientClose, kOurClose, kProtocolError };
  for (const End end : {kClientClose, kOurClose, kProtocolError}) {
    SCOPED_TRACE(end);
    listener_ = {};
    Start(Json(Narrow(50'000, SlowPeer::kGap)));
    while (Deliver(std::string(1'000, 'x'))) node_->RunReady();
    if (end == kClientClose) client_->Send(client::Close(4001));
    if (end == kOurClose) transport_->Close(4000, "", ClosedBy::kApplication);
    if (end == kProtocolError) client_->Send(client::ClientFrame{.opcode = 3}.Bytes());
    const std::vector<ServerFrame> frames = FramesToTheEnd();
    ASSERT_GE(frames.size(), 2u);
    EXPECT_EQ(frames[frames.size() - 2], Gap());
    EXPECT_EQ(frames.back().opcode, 8);
    EXPECT_THAT(listener_.gaps(), IsEmpty());
    client_->Close();
    AwaitReleased();
    transport_.reset();
  }
}

TEST_F(JsonTransportTest, AGapThatALostConnectionCutsShortIsToldToTheListener) {
  enum End { kReset, kTerminate };
  for (const End end : {kReset, kTerminate}) {
    SCOPED_TRACE(end);
    listener_ = {};
    Start(Json(Narrow(50'000, SlowPeer::kGap)));
    while (Deliver(std::string(1'000, 'x'))) node_->RunReady();
    if (end == kReset) client_->Reset();
    if (end == kTerminate) transport_->Terminate(ClosedBy::kApplication);
    AwaitReleased();
    EXPECT_THAT(listener_.gaps(),
                ElementsAre(metrics().dropped.value(metrics::Drop::kSlowPeerGap)));
    transport_.reset();
  }
}

TEST_F(JsonTransportTest, AMessageOfAHistoryCarriesItsPositionUnlessItIsRecalled) {
  Start(Json(Quiet()));
  pubsub::Message message;
  message.ns = "ns";
  message.id = {{7}, 9};
  message.topic = "chat";
  message.data = TextData("x");
  message.position = pubsub::Position{5, 6};
  const std::string begin =
      absl::StrCat(R"({"type":"message","topic":"chat","id":")", message.id.ToString(), R"(",)");
  EXPECT_TRUE(transport_->Deliver(message));
  EXPECT_TRUE(transport_->Recall(message));
  EXPECT_THAT(AwaitFrames(2), ElementsAre(TextFrame(absl::StrCat(begin, R"("position":")",
                                                                 pubsub::ResumeId("ns", {5, 6}),
                                                                 R"(","data":"x"})")),
                                          TextFrame(absl::StrCat(begin, R"("data":"x"})"))));
}

TEST_F(JsonTransportTest, TheClientIsToldItsPositionAndOfGapsThatNobodyCanCount) {
  Start(Json(Quiet()));
  transport_->TellPosition();
  listener_.resume_id = "1a2b3c4d.5.6";
  EXPECT_TRUE(transport_->TellGap(std::nullopt));
  transport_->TellPosition();
  EXPECT_THAT(AwaitFrames(2),
              ElementsAre(TextFrame(R"({"type":"gap"})"),
                          TextFrame(R"({"type":"position","position":"1a2b3c4d.5.6"})")));
}

TEST_F(JsonTransportTest, WithAPingAPositionIsToldThatMoved) {
  Settings settings = Json(Quiet());
  settings.websocket.ping_interval = std::chrono::milliseconds(100);
  Start(settings);
  listener_.resume_id = "1a2b3c4d.5.6";
  const ServerFrame position = TextFrame(R"({"type":"position","position":"1a2b3c4d.5.6"})");
  std::vector<ServerFrame> frames = AwaitFrames(2);
  EXPECT_EQ(frames[0], position);
  EXPECT_EQ(frames[1].opcode, 9);
  client_->Send(client::ClientFrame{.opcode = 10, .payload = frames[1].payload}.Bytes());
  frames = AwaitFrames(3);
  EXPECT_EQ(frames[2].opcode, 9) << "it did not move";
}

TEST_F(JsonTransportTest, AClientWithoutTheSubprotocolHasNoWordForEither) {
  Start();
  listener_.resume_id = "1a2b3c4d.5.6";
  transport_->TellPosition();
  EXPECT_FALSE(transport_->TellGap(std::nullopt));
  Send("hello");
  EXPECT_THAT(AwaitFrames(1), ElementsAre(TextFrame("hello")));
}

}  // namespace
}  // namespace hookcast::edge
