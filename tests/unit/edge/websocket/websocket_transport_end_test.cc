#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <string>
#include <vector>

#include "tests/unit/edge/websocket/client_frames.h"
#include "tests/unit/edge/websocket/websocket_transport_fixture.h"

namespace hookcast::edge {
namespace {

namespace client = websocket::testing;

using hooks::ClosedBy;
using pubsub::DataKind;
using std::chrono::milliseconds;
using std::chrono::seconds;
using testing::ElementsAre;
using testing::IsEmpty;
using testing::SizeIs;

TEST_F(WebSocketTransportTest, TheClientsCloseIsAnsweredWithItsCodeAndToldWithItsReason) {
  Start();
  Send("queued before");
  client_->Send(client::Close(4001, "bye") + client::Text("ignored"));
  EXPECT_THAT(FramesToTheEnd(), ElementsAre(TextFrame("queued before"), CloseFrame(4001)));
  ExpectClosed(4001, "bye", ClosedBy::kClient, true);
  EXPECT_FALSE(listener_.released()) << "the client has not ended its side";
  EXPECT_FALSE(Send("too late"));
  client_->Close();
  AwaitReleased();
  EXPECT_THAT(listener_.messages(), IsEmpty());
}

TEST_F(WebSocketTransportTest, ACloseWithoutACodeIs1005AndAnsweredWithoutOne) {
  Start();
  client_->Send(client::CloseRaw(""));
  EXPECT_THAT(FramesToTheEnd(), ElementsAre(CloseFrame(0)));
  ExpectClosed(1005, "", ClosedBy::kClient, true);
  client_->Close();
  AwaitReleased();
}

TEST_F(WebSocketTransportTest, OurCloseIsCompletedByTheClients) {
  Start();
  Send("before");
  transport_->Close(4000, "because", ClosedBy::kApplication);
  transport_->Close(1001, "a second one", ClosedBy::kNode);
  EXPECT_FALSE(Send("after"));
  EXPECT_THAT(AwaitFrames(2), ElementsAre(TextFrame("before"), CloseFrame(4000, "because")));
  EXPECT_FALSE(listener_.closed());
  EXPECT_FALSE(client_->gone()) << "the client's Close comes first";
  client_->Send(client::Close(4000));
  EXPECT_THAT(FramesToTheEnd(), SizeIs(2));
  ExpectClosed(4000, "because", ClosedBy::kApplication, true);
  client_->Close();
  AwaitReleased();
  EXPECT_EQ(metrics().close_timeouts.value(), 0);
}

TEST_F(WebSocketTransportTest, DataBehindOurCloseIsIgnoredUntilTheClientsClose) {
  Start();
  transport_->Close(1001, "", ClosedBy::kNode);
  ASSERT_THAT(AwaitFrames(1), SizeIs(1));
  client_->Send(client::Text("a") + client::Text("b", false));
  node_->RunReady();
  client_->Send(client::Continuation("b") + client::Close(1001));
  EXPECT_THAT(FramesToTheEnd(), ElementsAre(CloseFrame(1001)));
  EXPECT_THAT(listener_.messages(), IsEmpty());
  ExpectClosed(1001, "", ClosedBy::kNode, true);
}

// RFC 6455, section 5.5.2.
TEST_F(WebSocketTransportTest, APingBetweenOurCloseAndTheClientsIsAnswered) {
  Start();
  transport_->Close(1001, "", ClosedBy::kNode);
  EXPECT_THAT(AwaitFrames(1), ElementsAre(CloseFrame(1001)));
  client_->Send(client::Ping("still there?"));
  EXPECT_THAT(AwaitFrames(2), ElementsAre(CloseFrame(1001), PongFrame("still there?")));
  client_->Send(client::Close(1001));
  EXPECT_THAT(FramesToTheEnd(), SizeIs(2));
  ExpectClosed(1001, "", ClosedBy::kNode, true);
}

// RFC 6455, section 5.5.3: of those that came at once the latest has to be.
TEST_F(WebSocketTransportTest, OfPingsBehindOurCloseTheLatestIsAnswered) {
  Start();
  transport_->Close(1001, "", ClosedBy::kNode);
  EXPECT_THAT(AwaitFrames(1), ElementsAre(CloseFrame(1001)));
  client_->Send(client::Ping("1") + client::Ping("2") + client::Ping("3"));
  EXPECT_THAT(AwaitFrames(3), ElementsAre(CloseFrame(1001), PongFrame("1"), PongFrame("3")));
  client_->Send(client::Close(1001));
  EXPECT_THAT(FramesToTheEnd(), SizeIs(3));
}

TEST_F(WebSocketTransportTest, APingThatCameBeforeOurCloseWentOutIsAnsweredBehindIt) {
  Start();
  client_->Send(client::Text("now") + client::Ping("1") + client::Ping("2"));
  listener_.on_message = [&](pubsub::DataKind, std::string_view) {
    transport_->Close(1001, "", ClosedBy::kApplication);
    return true;
  };
  EXPECT_THAT(AwaitFrames(2), ElementsAre(CloseFrame(1001), PongFrame("2")));
  client_->Send(client::Close(1001));
  EXPECT_THAT(FramesToTheEnd(), SizeIs(2));
}

TEST_F(WebSocketTransportTest, BothSidesMayCloseAtOnce) {
  Start();
  client_->Send(client::Close(4001, "mine"));
  transport_->Close(4002, "ours", ClosedBy::kApplication);
  EXPECT_THAT(FramesToTheEnd(), ElementsAre(CloseFrame(4002, "ours")));
  ExpectClosed(4002, "ours", ClosedBy::kApplication, true);
  client_->Close();
  AwaitReleased();
}

TEST_F(WebSocketTransportTest, APeerThatIgnoresCloseIsFreedInTime) {
  for (const bool goes_on_sending : {false, true}) {
    listener_ = {};
    Start();
    transport_->Close(4000, "", ClosedBy::kApplication);
    ASSERT_TRUE(RunUntil([&] {
      if (goes_on_sending) client_->Send(client::Text("more and more"));
      client_->Pump();
      return listener_.released();
    }));
    ExpectClosed(4000, "", ClosedBy::kApplication, false);
    EXPECT_EQ(metrics().close_timeouts.value(), 1);
    EXPECT_EQ(node_->GaugesLeft(), "");
    transport_.reset();
  }
}

TEST_F(WebSocketTransportTest, APeerThatNeverEndsItsSideAfterBothClosesIsFreedInTime) {
  Start();
  client_->Send(client::Close(1000));
  EXPECT_THAT(FramesToTheEnd(), SizeIs(1));
  ASSERT_TRUE(RunUntil([&] {
    client_->Send("more");
    return listener_.released();
  }));
  ExpectClosed(1000, "", ClosedBy::kClient, true);
}

TEST_F(WebSocketTransportTest, WhatIsQueuedReachesAClientThatClosesAndEndsItsSideAtOnce) {
  Settings settings = Quiet();
  settings.websocket.close_timeout = seconds(10);
  settings.buffer_bytes = 8 * 1024;
  Start(settings);
  for (int i = 0; i < 200; ++i) ASSERT_TRUE(Send(std::string(4'000, 'x')));
  client_->Send(client::Close(1000));
  client_->ShutdownWrite();
  RunFor(milliseconds(50));
  const std::vector<ServerFrame> frames = FramesToTheEnd();
  EXPECT_THAT(frames, SizeIs(201));
  EXPECT_EQ(CloseCodeOf(frames.back()), 1000);
  AwaitReleased();
  ExpectClosed(1000, "", ClosedBy::kClient, true);
}

TEST_F(WebSocketTransportTest, AnEndOfFileWithoutACloseIs1006) {
  Start();
  client_->Send(client::Text("last"));
  client_->Close();
  AwaitReleased();
  EXPECT_THAT(listener_.messages(), ElementsAre("text last"));
  ExpectClosed(1006, "the client ended the connection", ClosedBy::kNetwork, false);
}

TEST_F(WebSocketTransportTest, AResetIs1006) {
  Start();
  node_->RunReady();
  client_->Reset();
  AwaitReleased();
  ExpectClosed(1006, "the connection broke", ClosedBy::kNetwork, false);
  EXPECT_FALSE(Send("nobody"));
}

TEST_F(WebSocketTransportTest, AnEndOfFileBehindOurCloseIsTheCloseButNotClean) {
  Start();
  transport_->Close(4000, "kicked", ClosedBy::kApplication);
  ASSERT_THAT(AwaitFrames(1), SizeIs(1));
  client_->Close();
  AwaitReleased();
  ExpectClosed(4000, "kicked", ClosedBy::kApplication, false);
}

TEST_F(WebSocketTransportTest, TerminateEndsWithoutACloseFrameAndTellsLater) {
  Start();
  node_->RunReady();
  Send("not sent any more");
  transport_->Terminate(ClosedBy::kApplication);
  transport_->Terminate(ClosedBy::kNode);
  EXPECT_FALSE(listener_.closed()) << "never inside the call";
  EXPECT_FALSE(Send("neither"));
  transport_->Close(4000, "", ClosedBy::kNode);
  AwaitReleased();
  ExpectClosed(1006, "terminated", ClosedBy::kApplication, false);
  ASSERT_TRUE(RunUntil([&] {
    client_->Pump();
    return client_->gone();
  }));
  EXPECT_THAT(Frames(), IsEmpty());
}

TEST_F(WebSocketTransportTest, TerminateEndsAConnectionThatIsClosing) {
  Settings settings = Quiet();
  settings.websocket.close_timeout = seconds(30);
  Start(settings);
  transport_->Close(4000, "", ClosedBy::kApplication);
  node_->RunReady();
  transport_->Terminate(ClosedBy::kApplication);
  AwaitReleased();
}

TEST_F(WebSocketTransportTest, WhatBreaksTheProtocolIsAnsweredWithItsCodeAndToldAsErrorThenClosed) {
  struct Case {
    std::string bytes;
    uint16_t code;
    hooks::ErrorKind kind;
  };
  const Case cases[] = {
      {client::ClientFrame{.payload = "x", .masked = false}.Bytes(), 1002,
       hooks::ErrorKind::kProtocol},
      {client::ClientFrame{.opcode = 3, .payload = "x"}.Bytes(), 1002, hooks::ErrorKind::kProtocol},
      {client::ClientFrame{.payload = "x", .reserved = 4}.Bytes(), 1002,
       hooks::ErrorKind::kProtocol},
      {client::Close(1005), 1002, hooks::ErrorKind::kProtocol},
      {client::Text("\xff\xfe"), 1007, hooks::ErrorKind::kProtocol},
      {client::Text(std::string(1'001, 'x')), 1009, hooks::ErrorKind::kLimit},
  };
  for (const Case& wrong : cases) {
    SCOPED_TRACE(wrong.code);
    listener_ = {};
    Settings settings = Quiet();
    settings.options.reader.max_message_bytes = 1'000;
    Start(settings);
    Send("queued before");
    client_->Send(client::Text("fine") + wrong.bytes + client::Text("not read any more"));
    const std::vector<ServerFrame> frames = FramesToTheEnd();
    ASSERT_THAT(frames, SizeIs(2));
    EXPECT_EQ(frames[0], TextFrame("queued before"));
    EXPECT_EQ(CloseCodeOf(frames[1]), wrong.code);
    EXPECT_THAT(listener_.messages(), ElementsAre("text fine"));
    ASSERT_THAT(listener_.errors(), SizeIs(1));
    const hooks::ErrorEvent& error = listener_.errors()[0];
    EXPECT_EQ(error.kind, wrong.kind);
    EXPECT_EQ(error.message, frames[1].payload.substr(2)) << "hook and client hear the same";
    ASSERT_TRUE(error.closing.has_value());
    EXPECT_EQ(error.closing->code, wrong.code);
    ExpectClosed(wrong.code, error.message, ClosedBy::kNode, false);
    client_->Close();
    AwaitReleased();
    transport_.reset();
  }
}

TEST_F(WebSocketTransportTest, ACloseDuringAPauseIsCompleted) {
  // The client's Close lies behind the pause: read already with what was kept, or not read yet.
  for (const bool read_already : {true, false}) {
    SCOPED_TRACE(read_already);
    listener_ = {};
    Settings settings = Quiet();
    settings.websocket.close_timeout = seconds(10);
    Start(settings);
    listener_.on_message = [](DataKind, std::string_view) { return false; };
    client_->Send(client::Text("a") + client::Text("kept") +
                  (read_already ? client::Close(4001) : ""));
    ASSERT_TRUE(RunUntil([&] { return listener_.messages().size() == 1; }));
    node_->RunReady();
    transport_->Close(4000, "kicked", ClosedBy::kApplication);
    EXPECT_FALSE(listener_.closed()) << "never inside the call";
    if (!read_already) client_->Send(client::Close(4001));
    EXPECT_THAT(FramesToTheEnd(), ElementsAre(CloseFrame(4000, "kicked")));
    ExpectClosed(4000, "kicked", ClosedBy::kApplication, true);
    EXPECT_THAT(listener_.messages(), SizeIs(1)) << "what was kept came behind our decision";
    client_->Close();
    AwaitReleased();
    transport_.reset();
  }
}

TEST_F(WebSocketTransportTest, ACloseByTheMessageThatAsksForAPauseIsCompleted) {
  Settings settings = Quiet();
  settings.websocket.close_timeout = seconds(10);
  Start(settings);
  listener_.on_message = [&](DataKind, std::string_view) {
    transport_->Close(4000, "kicked", ClosedBy::kApplication);
    return false;
  };
  client_->Send(client::Text("a"));
  ASSERT_THAT(AwaitFrames(1), SizeIs(1));
  client_->Send(client::Close(4000));
  EXPECT_THAT(FramesToTheEnd(), SizeIs(1));
  ExpectClosed(4000, "kicked", ClosedBy::kApplication, true);
}

TEST_F(WebSocketTransportTest, ACloseDuringAPauseThatKeptALotIsCompleted) {
  Settings settings = Quiet();
  settings.websocket.close_timeout = seconds(10);
  // More than the shard's buffer came behind the handshake, and the first message asked for a
  // pause.
  listener_.on_message = [](DataKind, std::string_view) { return false; };
  settings.rest = client::Text("a");
  while (settings.rest.size() < 100'000) settings.rest += client::Text(std::string(1'000, 'x'));
  Start(settings);
  EXPECT_THAT(listener_.messages(), SizeIs(1));
  transport_->Close(4000, "kicked", ClosedBy::kApplication);
  client_->Send(client::Close(4000));
  EXPECT_THAT(FramesToTheEnd(), ElementsAre(CloseFrame(4000, "kicked")));
  ExpectClosed(4000, "kicked", ClosedBy::kApplication, true);
}

TEST_F(WebSocketTransportTest, MayBeDestroyedInAnyState) {
  for (const int state : {0, 1, 2, 3}) {
    listener_ = {};
    Start();
    if (state >= 1) transport_->Close(4000, "", ClosedBy::kApplication);
    if (state >= 2) node_->RunReady();
    if (state >= 3) client_->Send(client::Close(1000));
    if (state >= 3) RunUntil([&] { return listener_.closed().has_value(); });
    transport_.reset();
    node_->RunReady();
    EXPECT_EQ(node_->GaugesLeft(), "");
  }
}

TEST_F(WebSocketTransportTest, ASocketThatCannotBeWatchedIsLost) {
  node_.emplace(TestShard::ConfigOf({TestShard::RouteAt("/r")}));
  transport_ = std::make_unique<WebSocketTransport>(&node_->shard(), &listener_, Socket(),
                                                    WebSocketOptions{});
  transport_->Start(kResponse);
  EXPECT_FALSE(listener_.closed()) << "never inside the call";
  EXPECT_TRUE(RunUntil([&] { return listener_.released(); }));
  EXPECT_EQ(listener_.closed()->code, 1006);
}

}  // namespace
}  // namespace hookcast::edge
