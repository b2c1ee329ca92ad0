#include "edge/websocket/websocket_transport.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <optional>
#include <string>
#include <utility>
#include <vector>

#include "absl/strings/str_cat.h"
#include "tests/fakes/edge/recording_listener.h"
#include "tests/unit/edge/client_socket.h"
#include "tests/unit/edge/server_frames.h"
#include "tests/unit/edge/test_shard.h"
#include "tests/unit/edge/websocket/client_frames.h"

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
using testing::StartsWith;

constexpr std::string_view kResponse = "HTTP/1.1 101 Switching Protocols\r\n\r\n";

// One connection over the loopback: the server's end is a transport on a polled loop, the client's
// end is in the test's hands.
class WebSocketTransportTest : public testing::Test {
 protected:
  struct Settings {
    config::WebSocketConfig websocket;
    WebSocketOptions options;
    int buffer_bytes = 0;  // of the sockets, towards the client; 0: the system's own
    std::string rest;      // what came behind the handshake
  };

  // No pings, and a short time to close.
  static Settings Quiet() {
    Settings settings;
    settings.websocket.ping_interval = milliseconds(0);
    settings.websocket.close_timeout = milliseconds(200);
    return settings;
  }

  void Start(const Settings& settings = Quiet()) {
    config::Config config = TestShard::ConfigOf({TestShard::RouteAt("/r")});
    config.websocket = settings.websocket;
    node_.emplace(std::move(config));
    Connected connected = ConnectLoopback(settings.buffer_bytes);
    client_.emplace(std::move(connected.client));
    ConnectionCount& count = node_->shard().connections();
    count.Add(1);
    transport_ = std::make_unique<WebSocketTransport>(
        &node_->shard(), &listener_, Socket(connected.server, &count), settings.options);
    transport_->Start(kResponse);
    transport_->ReadOn(settings.rest);
  }

  void TearDown() override {
    EXPECT_EQ(listener_.broken_rule(), "");
    transport_.reset();
    if (node_) {
      node_->RunReady();
      EXPECT_EQ(node_->GaugesLeft(), "");
    }
  }

  bool RunUntil(absl::FunctionRef<bool()> holds) { return node_->RunUntil(holds); }
  void RunFor(Duration time) {
    const TimePoint end = node_->shard().reactor().Now() + time;
    EXPECT_TRUE(RunUntil([&] { return node_->shard().reactor().Now() >= end; }));
  }

  // What has come at the client, behind the handshake's response.
  std::vector<ServerFrame> Frames() {
    client_->Pump();
    if (client_->received().size() < kResponse.size()) return {};
    EXPECT_THAT(client_->received(), StartsWith(kResponse));
    return ReadFrames(std::string_view(client_->received()).substr(kResponse.size()));
  }
  // Runs until that many whole frames have come, and returns them.
  std::vector<ServerFrame> AwaitFrames(size_t count) {
    std::vector<ServerFrame> frames;
    EXPECT_TRUE(RunUntil([&] {
      frames = Frames();
      return frames.size() >= count && frames.back().opcode >= 0;
    }));
    return frames;
  }
  // Runs until the server has ended the connection, and returns all frames.
  std::vector<ServerFrame> FramesToTheEnd() {
    EXPECT_TRUE(RunUntil([&] {
      client_->Pump();
      return client_->gone();
    }));
    EXPECT_TRUE(client_->ended()) << "reset";
    return Frames();
  }

  void AwaitReleased() {
    EXPECT_TRUE(RunUntil([&] { return listener_.released(); }));
    EXPECT_EQ(node_->shard().connections().here.load(), 0);
  }
  void ExpectClosed(uint16_t code, std::string_view reason, ClosedBy by, bool was_clean) {
    ASSERT_TRUE(listener_.closed().has_value());
    EXPECT_EQ(listener_.closed()->code, code);
    EXPECT_EQ(listener_.closed()->reason, reason);
    EXPECT_EQ(listener_.closed()->by, by);
    EXPECT_EQ(listener_.closed()->was_clean, was_clean);
  }

  bool Send(std::string_view text) { return transport_->Send(TextData(text)); }
  metrics::Catalogue& metrics() { return node_->metrics(); }

  fakes::RecordingListener listener_;
  std::optional<TestShard> node_;
  std::optional<ClientSocket> client_;
  std::unique_ptr<WebSocketTransport> transport_;
};

// ---- Out ----

TEST_F(WebSocketTransportTest, TheResponseComesFirstThenFramesInOrder) {
  Start();
  pubsub::Message message;
  message.data = {.kind = DataKind::kBinary, .payload = Bytes::Copy(std::string("\0\xff", 2))};
  EXPECT_TRUE(Send("one"));
  EXPECT_TRUE(transport_->Deliver(message));
  EXPECT_TRUE(Send(""));
  EXPECT_TRUE(Send(std::string(126, 'a')));
  EXPECT_TRUE(Send(std::string(65'536, 'b')));
  EXPECT_THAT(AwaitFrames(5),
              ElementsAre(TextFrame("one"), BinaryFrame(std::string("\0\xff", 2)), TextFrame(""),
                          TextFrame(std::string(126, 'a')), TextFrame(std::string(65'536, 'b'))));
  EXPECT_EQ(metrics().bytes_sent.value(), client_->received().size());
  client_->Close();
  AwaitReleased();
}

TEST_F(WebSocketTransportTest, NothingIsWrittenBeforeTheTurnIsOver) {
  Start();
  Send("one");
  Send("two");
  client_->Pump();
  EXPECT_EQ(client_->received(), "");
  EXPECT_EQ(transport_->queued_bytes(), kResponse.size() + 10);
  node_->loop().Poll();
  EXPECT_EQ(transport_->queued_bytes(), 0);
  EXPECT_THAT(AwaitFrames(2), SizeIs(2));
}

TEST_F(WebSocketTransportTest, AMessageIsFramedOnceForAll) {
  Start();
  pubsub::Message message;
  message.data = TextData("shared");
  EXPECT_TRUE(transport_->Deliver(message));
  EXPECT_TRUE(transport_->Deliver(message));
  const auto never = [](const pubsub::Data&) { return Bytes::Copy("built a second time"); };
  const Bytes built = message.EncodedAs(pubsub::WireFormat::kWebSocket, never);
  EXPECT_EQ(built.view(), "\x81\x06shared");
  EXPECT_THAT(AwaitFrames(2), ElementsAre(TextFrame("shared"), TextFrame("shared")));
}

TEST_F(WebSocketTransportTest, ABurstBeyondTheQueueGoesStraightOutWhereTheSocketTakesIt) {
  Settings settings = Quiet();
  settings.options.max_queue_bytes = 10'000;
  Start(settings);
  for (int i = 0; i < 1'000; ++i) ASSERT_TRUE(Send(absl::StrCat(i, std::string(100, 'x')))) << i;
  EXPECT_THAT(AwaitFrames(1'000), SizeIs(1'000));
  EXPECT_EQ(metrics().dropped.value(metrics::Drop::kSlowPeer), 0);
}

TEST_F(WebSocketTransportTest, ABurstToAPeerThatReadsMeanwhileIsTakenThoughItsSocketWasFull) {
  Settings settings = Quiet();
  settings.options.max_queue_bytes = 64 * 1024;
  settings.buffer_bytes = 8 * 1024;
  Start(settings);
  size_t sent = 0;
  // One turn: the loop does not run, so nobody tells the transport that there is room again.
  for (int i = 0; i < 300; ++i) {
    ASSERT_TRUE(Send(std::string(10'000, 'x'))) << i;
    ++sent;
    // It reads whatever the kernel has for it, which is what the transport could write.
    for (int quiet = 0; quiet < 3; ++quiet) client_->Pump();
  }
  EXPECT_THAT(AwaitFrames(sent), SizeIs(sent));
}

TEST_F(WebSocketTransportTest, AMessageLargerThanTheQueueGoesOutWhereNothingWaits) {
  Settings settings = Quiet();
  settings.options.max_queue_bytes = 10'000;
  Start(settings);
  node_->RunReady();
  EXPECT_TRUE(Send(std::string(1 << 20, 'x')));
  const std::vector<ServerFrame> frames = AwaitFrames(1);
  EXPECT_EQ(frames[0].payload.size(), 1u << 20);
}

TEST_F(WebSocketTransportTest, APeerThatDoesNotReadSeesAPrefixWithoutHolesAndThen1013) {
  Settings settings = Quiet();
  settings.websocket.close_timeout = seconds(10);
  settings.options.max_queue_bytes = 100'000;
  settings.buffer_bytes = 8 * 1024;
  Start(settings);
  int accepted = 0;
  while (Send(absl::StrCat(accepted, " ", std::string(1'000, 'x')))) {
    ++accepted;
    if (accepted % 10 == 0) node_->RunReady();
    ASSERT_LT(accepted, 100'000);
  }
  EXPECT_GT(accepted, 100);
  node_->RunReady();
  EXPECT_GT(metrics().dropped.value(metrics::Drop::kSlowPeer), 0);
  EXPECT_FALSE(listener_.closed()) << "it may still read, and answer";
  EXPECT_FALSE(Send("after the decision"));
  pubsub::Message message;
  message.data = TextData("neither");
  EXPECT_FALSE(transport_->Deliver(message));

  std::vector<ServerFrame> frames;
  ASSERT_TRUE(RunUntil([&] {
    frames = Frames();
    return !frames.empty() && frames.back().opcode == 8;
  }));
  for (size_t i = 0; i + 1 < frames.size(); ++i) {
    ASSERT_EQ(frames[i].opcode, 1);
    ASSERT_THAT(frames[i].payload, StartsWith(absl::StrCat(i, " ")));
  }
  EXPECT_EQ(CloseCodeOf(frames.back()), 1013);
  EXPECT_LT(frames.size(), static_cast<size_t>(accepted));
  EXPECT_EQ(metrics().dropped.value(metrics::Drop::kSlowPeer),
            static_cast<uint64_t>(accepted) - (frames.size() - 1) + 1)
      << "what was dropped from the queue, and the message that was one too many";

  client_->Send(client::Close(1013));
  EXPECT_THAT(FramesToTheEnd(), SizeIs(frames.size()));
  ExpectClosed(1013, "too slow: the queue is full", ClosedBy::kNode, true);
  client_->Close();
  AwaitReleased();
}

TEST_F(WebSocketTransportTest, ACondemnedPeerThatNeverReadsIsFreedInTime) {
  Settings settings = Quiet();
  settings.options.max_queue_bytes = 50'000;
  settings.buffer_bytes = 8 * 1024;
  Start(settings);
  while (Send(std::string(1'000, 'x'))) node_->RunReady();
  node_->RunReady();
  EXPECT_GT(metrics().queued_bytes.value(), 0);
  AwaitReleased();
  ExpectClosed(1013, "too slow: the queue is full", ClosedBy::kNode, false);
  EXPECT_EQ(metrics().close_timeouts.value(), 1);
  EXPECT_EQ(metrics().queued_bytes.value(), 0) << "what will never go out is not kept";
  EXPECT_EQ(transport_->queued_bytes(), 0);
}

TEST_F(WebSocketTransportTest, APeerWhoseConnectionBrokeIsLostNotSlow) {
  Settings settings = Quiet();
  settings.options.max_queue_bytes = 50'000;
  settings.buffer_bytes = 8 * 1024;
  Start(settings);
  node_->RunReady();
  client_->Reset();
  // Before the loop hears of the reset.
  while (Send(std::string(1'000, 'x'))) {
  }
  EXPECT_EQ(metrics().dropped.value(metrics::Drop::kSlowPeer), 0);
  AwaitReleased();
  EXPECT_EQ(listener_.closed()->code, 1006);
  EXPECT_EQ(listener_.closed()->by, ClosedBy::kNetwork);
}

TEST_F(WebSocketTransportTest, ASlowReaderGetsEverythingAndCountsAsQueuedMeanwhile) {
  Settings settings = Quiet();
  settings.buffer_bytes = 8 * 1024;
  Start(settings);
  for (int i = 0; i < 300; ++i) ASSERT_TRUE(Send(absl::StrCat(i, std::string(2'000, 'x'))));
  node_->RunReady();
  EXPECT_GT(metrics().queued_bytes.value(), 0);
  EXPECT_EQ(metrics().queued_bytes.value(), static_cast<int64_t>(transport_->queued_bytes()));
  ASSERT_TRUE(RunUntil([&] {
    client_->Pump(3'000);
    return transport_->queued_bytes() == 0;
  }));
  EXPECT_EQ(metrics().queued_bytes.value(), 0);
  const std::vector<ServerFrame> frames = AwaitFrames(300);
  for (size_t i = 0; i < frames.size(); ++i) {
    ASSERT_THAT(frames[i].payload, StartsWith(absl::StrCat(i, "x")));
  }
}

// ---- In ----

TEST_F(WebSocketTransportTest, TellsMessagesInOrderHoweverTheyAreCut) {
  const std::string bytes = absl::StrCat(
      client::Text("one"), client::Binary(std::string("\0\xfe", 2)), client::Text("tw", false),
      client::Ping("in between"), client::Continuation("o", true), client::Text(""));
  for (const size_t piece : {bytes.size(), size_t{1}, size_t{3}, size_t{11}}) {
    SCOPED_TRACE(piece);
    fakes::RecordingListener before;
    listener_ = before;
    Start();
    for (size_t i = 0; i < bytes.size(); i += piece) {
      client_->Send(bytes.substr(i, piece));
      node_->RunReady();
    }
    ASSERT_TRUE(RunUntil([&] { return listener_.messages().size() == 4; }));
    EXPECT_THAT(listener_.messages(),
                ElementsAre("text one", std::string("binary \0\xfe", 9), "text two", "text "));
    EXPECT_THAT(AwaitFrames(1), ElementsAre(PongFrame("in between")));
    EXPECT_EQ(metrics().bytes_received.value(), bytes.size());
    transport_.reset();
  }
}

TEST_F(WebSocketTransportTest, ReadsWhatCameBehindTheHandshake) {
  Settings settings = Quiet();
  settings.rest = absl::StrCat(client::Text("at once"), client::Text("cut").substr(0, 4));
  Start(settings);
  EXPECT_THAT(listener_.messages(), ElementsAre("text at once"));
  client_->Send(client::Text("cut").substr(4));
  ASSERT_TRUE(RunUntil([&] { return listener_.messages().size() == 2; }));
  EXPECT_EQ(listener_.messages()[1], "text cut");
}

TEST_F(WebSocketTransportTest, APauseKeepsWhatWasReadAndReadsNoMore) {
  Start();
  int wanted = 2;
  listener_.on_message = [&](DataKind, std::string_view) { return --wanted > 0; };
  std::string bytes;
  for (int i = 0; i < 10; ++i) bytes += client::Text(absl::StrCat(i));
  client_->Send(bytes + client::Text("cut").substr(0, 5));
  ASSERT_TRUE(RunUntil([&] { return listener_.messages().size() == 2; }));
  node_->RunReady();
  EXPECT_THAT(listener_.messages(), ElementsAre("text 0", "text 1"));

  // Far more than any buffer of ours: it has to stay with the client.
  client_->Send(client::Text("cut").substr(5) + client::Text(std::string(500'000, 'x')) +
                client::Text("last"));
  RunFor(milliseconds(50));
  EXPECT_THAT(listener_.messages(), SizeIs(2));
  EXPECT_LT(metrics().bytes_received.value(), 200'000);

  wanted = 3;
  listener_.ExpectMessages();
  transport_->ResumeReading();
  EXPECT_THAT(listener_.messages(), ElementsAre("text 0", "text 1", "text 2", "text 3", "text 4"))
      << "what is at hand is told at once, up to the next pause";
  wanted = 1'000;
  listener_.ExpectMessages();
  transport_->ResumeReading();
  ASSERT_TRUE(RunUntil([&] {
    client_->Pump();
    return listener_.messages().size() == 13;
  }));
  EXPECT_EQ(listener_.messages()[10], "text cut");
  EXPECT_EQ(listener_.messages()[12], "text last");
}

TEST_F(WebSocketTransportTest, ResumingInsideTheMessageThatAskedForThePauseGoesOn) {
  Start();
  listener_.on_message = [&](DataKind, std::string_view) {
    transport_->ResumeReading();
    return true;
  };
  client_->Send(client::Text("a") + client::Text("b"));
  ASSERT_TRUE(RunUntil([&] { return listener_.messages().size() == 2; }));
}

TEST_F(WebSocketTransportTest, APausedPeerThatResetsIsLost) {
  Start();
  listener_.on_message = [](DataKind, std::string_view) { return false; };
  client_->Send(client::Text("a"));
  ASSERT_TRUE(RunUntil([&] { return !listener_.messages().empty(); }));
  client_->Reset();
  AwaitReleased();
  EXPECT_EQ(listener_.closed()->code, 1006);
}

TEST_F(WebSocketTransportTest, HalfAFrameAndThenNothingHoldsNobodyUp) {
  Settings settings = Quiet();
  settings.websocket.ping_interval = milliseconds(100);
  settings.websocket.pong_timeout = milliseconds(100);
  Start(settings);
  client_->Send(client::Text("half a frame").substr(0, 9));
  RunFor(milliseconds(60));
  EXPECT_THAT(listener_.messages(), IsEmpty());
  EXPECT_TRUE(Send("still served"));
  EXPECT_EQ(AwaitFrames(1)[0], TextFrame("still served"));
  AwaitReleased();
  EXPECT_EQ(listener_.closed()->code, 1006);
}

// ---- The end ----

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

// ---- Ping and pong ----

TEST_F(WebSocketTransportTest, APingIsAnsweredWithItsPayload) {
  Start();
  client_->Send(client::Ping("") + client::Ping(std::string(125, 'p')) + client::Pong("unasked"));
  EXPECT_THAT(AwaitFrames(2), ElementsAre(PongFrame(""), PongFrame(std::string(125, 'p'))));
  EXPECT_THAT(listener_.messages(), IsEmpty());
}

TEST_F(WebSocketTransportTest, AClientThatPingsAndDoesNotReadIsASlowClient) {
  Settings settings = Quiet();
  settings.options.max_queue_bytes = 50'000;
  settings.buffer_bytes = 8 * 1024;
  Start(settings);
  std::string pings;
  for (int i = 0; i < 1'000; ++i) pings += client::Ping(std::string(120, 'p'));
  const TimePoint start = node_->shard().reactor().Now();
  ASSERT_TRUE(RunUntil([&] {
    client_->Send(pings);
    return metrics().dropped.value(metrics::Drop::kSlowPeer) != 0 ||
           node_->shard().reactor().Now() - start > seconds(5);
  }));
  EXPECT_GT(metrics().dropped.value(metrics::Drop::kSlowPeer), 0);
  AwaitReleased();
  EXPECT_EQ(listener_.closed()->code, 1013);
}

TEST_F(WebSocketTransportTest, ASilentClientIsPingedAndLostWhereItDoesNotAnswer) {
  Settings settings = Quiet();
  settings.websocket.ping_interval = milliseconds(150);
  settings.websocket.pong_timeout = milliseconds(150);
  Start(settings);
  const TimePoint start = node_->shard().reactor().Now();
  EXPECT_THAT(AwaitFrames(1), ElementsAre(PingFrame()));
  EXPECT_GE(node_->shard().reactor().Now() - start, milliseconds(150));
  EXPECT_FALSE(listener_.closed());
  AwaitReleased();
  EXPECT_GE(node_->shard().reactor().Now() - start, milliseconds(300));
  EXPECT_LE(node_->shard().reactor().Now() - start, seconds(3));
  ExpectClosed(1006, "the client did not answer a ping", ClosedBy::kNetwork, false);
  EXPECT_EQ(metrics().pings_sent.value(), 1);
  EXPECT_EQ(metrics().ping_timeouts.value(), 1);
}

TEST_F(WebSocketTransportTest, APongKeepsAClient) {
  Settings settings = Quiet();
  settings.websocket.ping_interval = milliseconds(100);
  settings.websocket.pong_timeout = milliseconds(100);
  Start(settings);
  for (size_t pings = 1; pings <= 3; ++pings) {
    ASSERT_THAT(AwaitFrames(pings), SizeIs(pings));
    client_->Send(client::Pong(""));
  }
  EXPECT_FALSE(listener_.closed());
}

TEST_F(WebSocketTransportTest, TrafficCountsAsLifeAlsoWithoutAPong) {
  Settings settings = Quiet();
  settings.websocket.ping_interval = milliseconds(500);
  settings.websocket.pong_timeout = milliseconds(150);
  Start(settings);
  Reactor& reactor = node_->shard().reactor();
  const TimePoint start = reactor.Now();
  TimePoint next = start;
  ASSERT_TRUE(RunUntil([&] {
    if (reactor.Now() >= next) {
      client_->Send(client::Text("busy"));
      next = reactor.Now() + milliseconds(20);
    }
    client_->Pump();
    return reactor.Now() - start > milliseconds(1'200);
  }));
  EXPECT_FALSE(listener_.closed());
  EXPECT_EQ(metrics().pings_sent.value(), 0) << "who talks need not be asked";
}

TEST_F(WebSocketTransportTest, APausedClientIsNotLostForItsSilence) {
  Settings settings = Quiet();
  settings.websocket.ping_interval = milliseconds(100);
  settings.websocket.pong_timeout = milliseconds(100);
  Start(settings);
  listener_.on_message = [](DataKind, std::string_view) { return false; };
  client_->Send(client::Text("a"));
  ASSERT_TRUE(RunUntil([&] { return !listener_.messages().empty(); }));
  RunFor(milliseconds(500));
  EXPECT_FALSE(listener_.closed());
  listener_.on_message = nullptr;
  listener_.ExpectMessages();
  transport_->ResumeReading();
  client_->Send(client::Text("b"));
  ASSERT_TRUE(RunUntil([&] { return listener_.messages().size() == 2; }));
}

// Its pong cannot come before the ping, which stands behind what it still has to read.
TEST_F(WebSocketTransportTest, AClientThatReadsSlowlyIsNotLostForALatePong) {
  Settings settings = Quiet();
  settings.websocket.ping_interval = milliseconds(150);
  settings.websocket.pong_timeout = milliseconds(250);
  settings.buffer_bytes = 8 * 1024;
  Start(settings);
  for (int i = 0; i < 100; ++i) ASSERT_TRUE(Send(std::string(10'000, 'x')));
  Reactor& reactor = node_->shard().reactor();
  const TimePoint start = reactor.Now();
  size_t read = 0;
  ASSERT_TRUE(RunUntil([&] {
    // About 700 KB a second.
    const auto due = static_cast<size_t>((reactor.Now() - start) / milliseconds(1)) * 700;
    if (due > read) {
      client_->Pump(due - read);
      read = due;
    }
    return reactor.Now() - start > milliseconds(1'000);
  }));
  EXPECT_FALSE(listener_.closed());
  EXPECT_GT(transport_->queued_bytes(), 0) << "or this test has shown nothing";
}

TEST_F(WebSocketTransportTest, AnIdlePeerHasNoTimerWherePingsAreOff) {
  Start();
  node_->RunReady();
  RunFor(milliseconds(200));
  EXPECT_EQ(metrics().pings_sent.value(), 0);
  EXPECT_FALSE(listener_.closed());
}

}  // namespace
}  // namespace hookcast::edge
